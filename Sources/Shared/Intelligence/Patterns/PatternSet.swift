/// Patterns compiled for matching all of them in one pass over a text.
struct PatternSet: Sendable {
    struct Term: Sendable {
        /// The words after the first, each with how many words it may skip before it.
        var rest: [(skip: Int, word: Int32)]
        /// The pattern and group that the term serves; the group past the last one is `unless`.
        var uses: [(pattern: Int, group: Int)]
    }

    struct Compiled: Sendable {
        var owner: Int
        var groups: Int
        var within: Int
        var isOrdered: Bool
    }

    /// Why a term cannot be compiled.
    struct TermError: Error, Equatable {
        var expected: String
    }

    private(set) var trie = WordTrie()
    private(set) var patterns: [Compiled] = []
    private(set) var terms: [Term] = []
    /// Terms that begin with a word, by word number.
    private(set) var termsByFirstWord: [[Int]] = []
    private var termNumbers: [String: Int] = [:]

    /// Adds a pattern for `owner`; several patterns of one owner are alternatives.
    mutating func add(_ pattern: Pattern, owner: Int) throws(TermError) {
        let number = patterns.count
        patterns.append(
            Compiled(owner: owner, groups: pattern.all.count, within: pattern.within, isOrdered: pattern.isOrdered))
        for (group, alternatives) in pattern.all.enumerated() {
            for alternative in alternatives { try use(alternative, pattern: number, group: group) }
        }
        for alternative in pattern.unless { try use(alternative, pattern: number, group: pattern.all.count) }
    }

    /// Adds words that serve no pattern but help to take run-together words apart.
    mutating func add(fillers: [String]) {
        for filler in fillers { _ = word(Array(filler.utf8), isStem: false) }
    }

    private mutating func use(_ text: String, pattern: Int, group: Int) throws(TermError) {
        let number = try term(text)
        terms[number].uses.append((pattern, group))
    }

    private mutating func term(_ text: String) throws(TermError) -> Int {
        var words: [(skip: Int, word: Int32)] = []
        var skip = 0
        for part in text.split(whereSeparator: \.isWhitespace) {
            if part == ".." {
                skip = Pattern.gap
                continue
            }
            let isStem = part.hasSuffix("*")
            let normalised = NormalisedText(String(isStem ? part.dropLast() : part))
            if normalised.tokens.isEmpty { throw TermError(expected: "a word, a stem such as `disabl*`, or `..`") }
            for (index, token) in normalised.tokens.enumerated() {
                let bytes = Array(normalised.folded[Int(token.start)..<Int(token.end)])
                guard let number = word(bytes, isStem: isStem && index == normalised.tokens.count - 1) else {
                    throw TermError(expected: "words of Latin letters and digits")
                }
                words.append((skip, number))
                skip = 0
            }
        }
        guard let first = words.first else { throw TermError(expected: "at least one word") }
        if first.skip > 0 || skip > 0 { throw TermError(expected: "`..` between two words") }
        let key = words.map { "\($0.skip),\($0.word)" }.joined(separator: " ")
        if let known = termNumbers[key] { return known }
        terms.append(Term(rest: Array(words.dropFirst()), uses: []))
        termNumbers[key] = terms.count - 1
        termsByFirstWord[Int(first.word)].append(terms.count - 1)
        return terms.count - 1
    }

    private mutating func word(_ bytes: [UInt8], isStem: Bool) -> Int32? {
        let next = Int32(termsByFirstWord.count)
        guard let number = trie.insert(bytes, isStem: isStem, number: next) else { return nil }
        if number == next { termsByFirstWord.append([]) }
        return number
    }
}
