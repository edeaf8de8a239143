/// The features of a text for the linear model: words, pairs of neighbouring words, and sequences of characters within words.
struct TextFeatures: Sendable {
    /// Character sequences from this length...
    var shortest: Int
    /// ...to this one; a word counts a space at either end.
    var longest: Int
    var usesPairs: Bool

    /// More features than a folded text of so many bytes can have.
    func most(inBytes bytes: Int) -> Int { (bytes + 2) * (longest - shortest + 3) }

    /// Calls `found` with a non-zero hash for every occurrence of a feature.
    @inline(__always)
    func forEach(_ text: NormalisedText, limit: Int, _ found: (UInt32) -> Void) {
        var before: UInt32 = 0
        text.folded.withUnsafeBufferPointer { folded in
            text.tokens.withUnsafeBufferPointer { tokens in
                for index in 0..<min(limit, tokens.count) {
                    let start = Int(tokens[index].start)
                    let end = Int(tokens[index].end)
                    var word: UInt32 = 0x811C_9DC5
                    for byte in start..<end { word = Self.mix(word, folded[byte]) }
                    found(Self.finished(word, 1))
                    if usesPairs, index > 0 { found(Self.finished(before &* 0x9E37_79B1 ^ word, 2)) }
                    before = word
                    sequences(folded, start, end, found)
                }
            }
        }
    }

    @inline(__always)
    private func sequences(_ folded: UnsafeBufferPointer<UInt8>, _ start: Int, _ end: Int, _ found: (UInt32) -> Void) {
        // Very long "words" are noise; their beginning is enough.
        let end = min(end, start + 64)
        for first in (start - 1)..<end {
            var hash: UInt32 = 0x811C_9DC5
            var length = 0
            var index = first
            while length < longest, index <= end {
                let byte = index < start || index == end ? 0x20 : folded[index]
                hash = Self.mix(hash, byte)
                length += 1
                if length >= shortest { found(Self.finished(hash, UInt32(length) &+ 8)) }
                index += 1
            }
        }
    }

    @inline(__always)
    private static func mix(_ hash: UInt32, _ byte: UInt8) -> UInt32 {
        (hash ^ UInt32(byte)) &* 0x0100_0193
    }

    /// Spreads the bits and keeps kinds of features apart; never zero.
    @inline(__always)
    private static func finished(_ hash: UInt32, _ kind: UInt32) -> UInt32 {
        var mixed = hash &+ kind &* 0x9E37_79B9
        mixed ^= mixed >> 16
        mixed &*= 0x85EB_CA6B
        mixed ^= mixed >> 13
        mixed &*= 0xC2B2_AE35
        mixed ^= mixed >> 16
        return mixed == 0 ? 1 : mixed
    }
}
