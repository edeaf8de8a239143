import Intelligence
import Testing

@Suite struct NormalisedTextTests {
    func words(_ text: String) -> String { String(decoding: NormalisedText(text).folded, as: UTF8.self) }

    @Test(arguments: [
        ("Hello, World!", "hello world"),
        ("Größe ÄÖÜ naïve Œuvre", "grosse aou naive oeuvre"),
        ("ＦＵＬＬ width ﬁne ①", "full width fine 1"),
        ("don't can’t l'audit qu’il", "dont cant l audit qu il"),
        ("a\u{200B}b\u{AD}c\u{FEFF}", "abc"),
        ("e\u{301}tude", "etude"),
        ("/opt/startup.sh", "opt startup sh"),
        ("Łódź İstanbul ısı", "lodz istanbul isi"),
        ("ПРИВЕТ Мир", "привет мир"),
        ("𝐛𝐨𝐥𝐝 🅰🅱", "bold ab"),
        ("", "")
    ])
    func `words are folded`(text: String, expected: String) {
        #expect(words(text) == expected)
    }

    @Test func `tokens point back into the source`() throws {
        let text = NormalisedText("Bitte \u{200B}Prüfen  Sie")
        #expect(text.tokens.count == 3)
        let token = text.tokens[1]
        #expect(String(decoding: text.folded[Int(token.start)..<Int(token.end)], as: UTF8.self) == "prufen")
        #expect(text.evidence(from: 1, through: 2) == "Prüfen Sie")
    }

    @Test func `sentences stand apart`() {
        let one = NormalisedText("please stop the logging now")
        let two = NormalisedText("that was all. Stop")
        #expect(one.tokens.last?.position == 4)
        #expect((two.tokens.last?.position ?? 0) > 4)
    }

    @Test func `what the model reads is bounded`() {
        let text = NormalisedText(String(repeating: "word ", count: 20_000))
        #expect(text.tokens.count == 20_000)
        #expect(text.analysedTokens == NormalisedText.analysedBytes / 5)
    }
}
