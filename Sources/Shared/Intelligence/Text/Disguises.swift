/// Views of a text that see through simple disguises: look-alike letters, signs for letters, words cut up by punctuation or spaces, words
/// run together.
struct Disguises {
    /// Two words of a pattern run together are at least this long ("disablelogging").
    static let shortestRunTogether = 12
    /// Words longer than this are not taken apart.
    private static let longestRun = 96

    /// The text with look-alikes read as Latin letters; nil when that changes nothing.
    let plain: NormalisedText?
    /// Besides, glued fragments and runs of single letters joined, and run-together words taken apart by the lexicon; nil when that
    /// brings no word of the lexicon to light.
    let joined: NormalisedText?

    init(of text: NormalisedText, lexicon: WordTrie) {
        plain = text.hasLookAlikes ? NormalisedText(source: text.source, reading: .throughDisguises) : nil
        let base = plain ?? text
        var builder = Builder(text: base, lexicon: lexicon)
        if base.hasFragments, builder.findsAny() {
            builder.run()
            var result = base
            result.folded = builder.folded
            result.tokens = builder.tokens
            joined = result
        } else {
            joined = nil
        }
    }

    private struct Builder {
        let text: NormalisedText
        let lexicon: WordTrie
        var folded: [UInt8] = []
        var tokens: [Token] = []
        var position: UInt32 = 0

        init(text: NormalisedText, lexicon: WordTrie) {
            self.text = text
            self.lexicon = lexicon
        }

        /// Whether joining or cutting gives at least one word of the lexicon.
        func findsAny() -> Bool {
            var index = 0
            while index < text.tokens.count {
                let end = endOfRun(from: index)
                if end - index > 1 {
                    let bytes = joinedBytes(index..<end)
                    if lexicon.contains(bytes) || segments(of: bytes) != nil { return true }
                } else if text.tokens[index].count >= Disguises.shortestRunTogether, segments(of: joinedBytes(index..<end)) != nil {
                    return true
                }
                index = end
            }
            return false
        }

        private func joinedBytes(_ run: Range<Int>) -> [UInt8] {
            if run.count == 1 {
                let token = text.tokens[run.lowerBound]
                return Array(text.folded[Int(token.start)..<Int(token.end)])
            }
            var bytes: [UInt8] = []
            for index in run {
                let token = text.tokens[index]
                bytes.append(contentsOf: text.folded[Int(token.start)..<Int(token.end)])
            }
            return bytes
        }

        private func segments(of bytes: [UInt8]) -> [Int]? {
            guard bytes.count >= 8, bytes.count <= Disguises.longestRun else { return nil }
            guard let ends = lexicon.segments(of: bytes), ends.count > 1 else { return nil }
            return ends
        }

        mutating func run() {
            var index = 0
            while index < text.tokens.count {
                let end = endOfRun(from: index)
                emit(index..<end)
                index = end
            }
        }

        /// The end of the words that read as one: glued to each other, or at least three single letters in a row.
        private func endOfRun(from start: Int) -> Int {
            var end = start + 1
            while end < text.tokens.count, text.tokens[end].isGlued { end += 1 }
            if end > start + 1 { return end }
            guard text.tokens[start].count == 1 else { return end }
            while end < text.tokens.count, text.tokens[end].count == 1 { end += 1 }
            return end - start >= 3 ? end : start + 1
        }

        private mutating func emit(_ run: Range<Int>) {
            let first = text.tokens[run.lowerBound]
            let last = text.tokens[run.upperBound - 1]
            if run.lowerBound > 0 {
                // Keep the jump between sentences.
                let before = text.tokens[run.lowerBound - 1]
                position += first.position - before.position - 1
            }
            let bytes = joinedBytes(run)
            let source = (first.sourceStart, last.sourceEnd)
            if let cuts = segments(of: bytes) {
                var start = 0
                for end in cuts {
                    add(bytes[start..<end], source: source)
                    start = end
                }
            } else {
                add(bytes[...], source: source)
            }
        }

        private mutating func add(_ word: ArraySlice<UInt8>, source: (UInt32, UInt32)) {
            if !folded.isEmpty { folded.append(0x20) }
            let start = UInt32(folded.count)
            folded.append(contentsOf: word)
            tokens.append(
                Token(
                    start: start, end: UInt32(folded.count), sourceStart: source.0, sourceEnd: source.1, position: position,
                    isGlued: false))
            position += 1
        }
    }
}
