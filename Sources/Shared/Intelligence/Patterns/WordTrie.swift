/// The words of a set of patterns, folded: whole words and stems, found by one walk along a token.
struct WordTrie: Sendable {
    /// Letters, digits, and one symbol for everything else, which no pattern contains.
    private static let symbols = 37
    private static let none: Int32 = -1

    /// Child node by node and symbol; 0 is no child, since no edge leads back to the root.
    private var children: [Int32] = [Int32](repeating: 0, count: symbols)
    /// Word number of the node as a whole word, and as a stem.
    private var whole: [Int32] = [none]
    private var stem: [Int32] = [none]

    /// Adds a word of folded ASCII letters and digits; the same word twice has the same number. Nil when it contains anything else.
    mutating func insert(_ word: [UInt8], isStem: Bool, number: Int32) -> Int32? {
        var node = 0
        for byte in word {
            let symbol = Self.symbol(byte)
            if symbol == Self.symbols - 1 { return nil }
            let slot = node * Self.symbols + symbol
            if children[slot] == 0 {
                children[slot] = Int32(whole.count)
                children.append(contentsOf: repeatElement(0, count: Self.symbols))
                whole.append(Self.none)
                stem.append(Self.none)
            }
            node = Int(children[slot])
        }
        if isStem {
            if stem[node] == Self.none { stem[node] = number }
            return stem[node]
        }
        if whole[node] == Self.none { whole[node] = number }
        return whole[node]
    }

    /// Calls `found` with the number of every word and stem that the token matches.
    @inline(__always)
    func match(_ token: UnsafeBufferPointer<UInt8>, _ found: (Int32) -> Void) {
        children.withUnsafeBufferPointer { children in
            stem.withUnsafeBufferPointer { stem in
                var node = 0
                for byte in token {
                    node = Int(children[node * Self.symbols + Self.symbol(byte)])
                    if node == 0 { return }
                    if stem[node] != Self.none { found(stem[node]) }
                }
                if node != 0, whole[node] != Self.none { found(whole[node]) }
            }
        }
    }

    /// Whether `text` is one of the words, or begins with one of the stems.
    func contains(_ text: [UInt8]) -> Bool {
        var isFound = false
        text.withUnsafeBufferPointer { match($0) { _ in isFound = true } }
        return isFound
    }

    /// The ends of the words that `text` is made of without a remainder, fewest words first; nil when it is not.
    func segments(of text: [UInt8]) -> [Int]? {
        // best[i]: the number of words covering the first i bytes, and where the last one starts.
        var best = [(words: Int, start: Int)](repeating: (.max, -1), count: text.count + 1)
        best[0] = (0, 0)
        for start in 0..<text.count where best[start].words != .max {
            var node = 0
            for end in start..<text.count {
                node = Int(children[node * Self.symbols + Self.symbol(text[end])])
                if node == 0 { break }
                let isWord = whole[node] != Self.none || (stem[node] != Self.none && end - start >= 3)
                if isWord, best[start].words + 1 < best[end + 1].words { best[end + 1] = (best[start].words + 1, start) }
            }
        }
        guard best[text.count].words != .max else { return nil }
        var ends: [Int] = []
        var end = text.count
        while end > 0 {
            ends.append(end)
            end = best[end].start
        }
        return ends.reversed()
    }

    @inline(__always)
    private static func symbol(_ byte: UInt8) -> Int {
        if byte >= 0x61 && byte <= 0x7A { return Int(byte) - 0x61 }
        if byte >= 0x30 && byte <= 0x39 { return Int(byte) - 0x30 + 26 }
        return symbols - 1
    }
}
