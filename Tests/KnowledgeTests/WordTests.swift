import Testing

@testable import Knowledge

@Suite struct WordTests {
    /// From the examples of Porter's paper, and words of the field.
    static let stems: [(String, String)] = [
        ("caresses", "caress"), ("ponies", "poni"), ("cats", "cat"), ("feed", "feed"), ("agreed", "agre"), ("plastered", "plaster"),
        ("motoring", "motor"), ("sing", "sing"), ("conflated", "conflat"), ("hopping", "hop"), ("falling", "fall"), ("filing", "file"),
        ("happy", "happi"), ("sky", "sky"), ("relational", "relat"), ("conditional", "condit"), ("digitizer", "digit"),
        ("vietnamization", "vietnam"), ("operator", "oper"), ("hopefulness", "hope"), ("triplicate", "triplic"), ("electrical", "electr"),
        ("revival", "reviv"), ("adjustment", "adjust"), ("adoption", "adopt"), ("effective", "effect"), ("probate", "probat"),
        ("rate", "rate"), ("controll", "control"), ("roll", "roll"), ("authenticator", "authent"), ("authentication", "authent"),
        ("resetting", "reset"), ("ke1001", "ke1001"), ("is", "is"), ("größe", "größe"), ("sss", "sss"), ("ing", "ing"), ("ion", "ion")
    ]

    @Test(arguments: stems) func stemsEnglish(_ word: String, _ stem: String) {
        #expect(PorterStemmer.stem(word) == stem)
    }

    static let words: [(String, [String])] = [
        ("Sign-in: ERR_TOO_MANY_REDIRECTS!", ["sign", "in", "err", "too", "many", "redirects"]),
        ("KE-1001, ke 1001, KE1001", ["ke", "ke1001", "1001", "ke", "1001", "ke1001"]),
        ("module L-7", ["module", "l7"]),
        ("e-mail and E‑Mail", ["email", "mail", "and", "email", "mail"]),
        ("/opt/startup.sh", ["opt", "startup", "sh"]),
        ("Größe ÇA cœur Łódź", ["grosse", "ca", "coeur", "lodz"]),
        ("cafe\u{301} zero\u{200B}width", ["cafe", "zerowidth"]),
        ("ＶＰＮ", ["vpn"]),
        ("", []), ("!!! --- \u{0}\u{1}", []), (String(repeating: "a", count: 41), [])
    ]

    @Test(arguments: words) func cutsWords(_ text: String, _ expected: [String]) {
        #expect(SearchWords.searchable(in: text) == expected)
    }

    @Test func readsABoundedPartOfAText() {
        let words = SearchWords.searchable(in: String(repeating: "wörter ", count: 100_000))
        #expect(words.count == SearchWords.maximumBytes / 8)
        #expect(words.allSatisfy { $0 == "worter" })
    }

    static let translations: [(text: String, terms: Set<String>)] = [
        ("Kennwort vergessen", ["password", "forgot", "forgotten"]), ("mot de passe oublié", ["password", "forgot", "forgotten"]),
        ("Olvidé mi contraseña", ["forgot", "forgotten", "password"]), ("esqueci a senha", ["forgot", "forgotten", "password"]),
        ("password dimenticata", ["password", "forgot", "forgotten"]), ("iniciar sesión", ["login", "sign"]), ("sesión", ["session"]),
        ("I am logging in", ["login", "sign"]), ("logging", ["log"]), ("two-factor", ["mfa", "factor"]), ("deux facteurs", ["mfa", "factor"])
    ]

    @Test(arguments: translations) func translatesThroughTheGlossary(_ text: String, _ terms: Set<String>) {
        let found = Glossary.standard.concepts(in: SearchWords.searchable(in: text))
        #expect(Set(found.flatMap(\.terms)) == terms)
    }

    /// A pattern that is not folded, or has a word of one letter, would never match.
    @Test func everyPatternOfTheGlossaryCanMatch() {
        for pattern in Glossary.entries.flatMap(\.patterns).flatMap({ $0.split(separator: ",") }) {
            let words = pattern.split(separator: " ").map { $0.hasSuffix("*") ? $0.dropLast() : $0 }.map(String.init)
            #expect((1...4).contains(words.count))
            #expect(SearchWords.searchable(in: words.joined(separator: " ")) == words, "\(pattern)")
            #expect(!pattern.hasSuffix("*") || words.allSatisfy { $0.count >= 3 }, "\(pattern)")
        }
    }

    /// An English word of the articles that the glossary takes for a foreign one would find the wrong sections.
    @Test func theGlossaryDoesNotMistakeTheWordsOfTheArticles() throws {
        let library = try Shipped.library()
        let words = Set(library.chunks.flatMap { SearchWords.searchable(in: ($0.headingPath + $0.tags + [$0.text]).joined(separator: "\n")) })
        #expect(words.count > 800)
        for word in words.subtracting(Self.synonyms).sorted() where !StopWords.contains(word) {
            let concepts = Glossary.standard.concepts(in: [word])
            #expect(concepts.contains { $0.terms.contains(PorterStemmer.stem(word)) }, "\(word) became \(concepts)")
        }
    }

    /// English words that the glossary takes for others on purpose.
    private static let synonyms: Set<String> = [
        "2fa", "authorised", "everybody", "gone", "hangs", "latency", "lose", "offline", "paste", "reboots", "recovery", "slowly",
        "sluggish", "stolen", "students", "telephone", "unavailable", "unreachable"
    ]
}
