/// Views of a text that see through simple disguises: look-alike letters, signs for letters, words cut up by punctuation or spaces, words
/// run together.
struct Disguises {
    /// Words longer than this are not taken apart.
    private static let longestRun = 96

    /// The text with look-alikes read as Latin letters.
    let plain: NormalisedText
    /// As `plain`, with glued fragments and runs of single letters joined, and run-together words taken apart by `lexicon`.
    let joined: NormalisedText

    init(of text: NormalisedText, lexicon: WordTrie) {
        plain = NormalisedText(source: text.source, reading: .throughDisguises)
        var builder = Builder(text: plain, lexicon: lexicon)
        builder.run()
        var result = plain
        result.folded = builder.folded
        result.tokens = builder.tokens
        joined = result
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
            folded.reserveCapacity(text.folded.count)
            tokens.reserveCapacity(text.tokens.count)
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
            var bytes: [UInt8] = []
            for index in run {
                let token = text.tokens[index]
                bytes.append(contentsOf: text.folded[Int(token.start)..<Int(token.end)])
            }
            let source = (first.sourceStart, last.sourceEnd)
            if bytes.count >= 8, bytes.count <= Disguises.longestRun, let cuts = lexicon.segments(of: bytes), cuts.count > 1 {
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
