/// Hostile inputs made from good ones: what a seed gives, it gives again.
///
/// It knows what breaks readers: structure that is cut, doubled, nested or swapped; numbers at the edges of their types; text that is no
/// UTF-8, or UTF-8 that programs stumble over. An input that made the reader say something new becomes a seed itself (`keep`), so that
/// mutations pile up where they lead somewhere.
public struct InputMutator: Sendable {
    /// Kept inputs at most.
    private static let largestPool = 512

    private let seeds: [[UInt8]]
    private let words: [[UInt8]]
    private let maximumBytes: Int
    private var pool: [[UInt8]]
    private var random: SeededGenerator
    private var given = 0

    /// - Parameters:
    ///   - seeds: good inputs; each is given once as it is before anything is changed.
    ///   - words: what the format is made of, to be strewn in.
    ///   - maximumBytes: no input is longer.
    public init(seeds: [[UInt8]], words: [[UInt8]] = [], maximumBytes: Int, seed: UInt64) {
        precondition(!seeds.isEmpty, "a mutator needs something to change")
        self.seeds = seeds
        self.words = words + Self.troublesome
        self.maximumBytes = maximumBytes
        pool = seeds
        random = SeededGenerator(seed: seed)
    }

    /// The next input.
    public mutating func next() -> [UInt8] {
        given += 1
        if given <= seeds.count { return Array(seeds[given - 1].prefix(maximumBytes)) }
        var input = pool[random.below(pool.count)]
        // Mostly few changes, which get past the first checks; at times many.
        for _ in 0...random.below(random.chance(0.1) ? 12 : 3) { change(&input) }
        if input.count > maximumBytes { input.removeLast(input.count - maximumBytes) }
        return input
    }

    /// Makes a given input the start of others.
    public mutating func keep(_ input: [UInt8]) {
        if pool.count < Self.largestPool { pool.append(input) } else { pool[seeds.count + random.below(pool.count - seeds.count)] = input }
    }

    private mutating func change(_ input: inout [UInt8]) {
        switch random.below(16) {
        case 0: if !input.isEmpty { input[random.below(input.count)] ^= 1 << UInt8(random.below(8)) }
        case 1: if !input.isEmpty { input[random.below(input.count)] = UInt8(truncatingIfNeeded: random.next()) }
        case 2: input.removeSubrange(range(in: input, upTo: 64))
        case 3: input.removeLast(random.below(input.count + 1))
        case 4: input.insert(contentsOf: input[range(in: input, upTo: 256)], at: place(in: input))
        case 5: repeatPart(of: &input)
        case 6, 7, 8: input.insert(contentsOf: words[random.below(words.count)], at: place(in: input))
        case 9: input.replaceSubrange(range(in: input, upTo: 16), with: words[random.below(words.count)])
        case 10: changeNumber(in: &input)
        case 11: setInteger(in: &input)
        case 12: splice(&input)
        case 13: nest(&input)
        case 14: changeLines(of: &input)
        default: swap(&input)
        }
    }

    private mutating func place(in input: [UInt8]) -> Int { random.below(input.count + 1) }

    private mutating func range(in input: [UInt8], upTo limit: Int) -> Range<Int> {
        let start = place(in: input)
        return start..<(start + random.below(min(limit, input.count - start) + 1))
    }

    private mutating func repeatPart(of input: inout [UInt8]) {
        let part = Array(input[range(in: input, upTo: 32)])
        guard !part.isEmpty else { return }
        let count = 1 << random.below(14)
        let fitting = min(count, max(1, (maximumBytes - input.count) / part.count))
        let at = place(in: input)
        input.insert(contentsOf: [[UInt8]](repeating: part, count: max(1, fitting)).joined(), at: at)
    }

    private mutating func changeNumber(in input: inout [UInt8]) {
        let isDigit = { (byte: UInt8) in (48...57).contains(byte) }
        let starts = input.indices.filter { isDigit(input[$0]) && ($0 == 0 || !isDigit(input[$0 - 1])) }
        guard !starts.isEmpty else { return }
        let start = starts[random.below(starts.count)]
        let end = input[start...].firstIndex { !isDigit($0) } ?? input.count
        input.replaceSubrange(start..<end, with: Array(Self.numbers[random.below(Self.numbers.count)].utf8))
    }

    /// Writes an integer of 1 to 8 bytes over what is there, as binary formats hold lengths and times.
    private mutating func setInteger(in input: inout [UInt8]) {
        let width = [1, 2, 4, 8][random.below(4)]
        guard input.count >= width else { return }
        let edges: [Int64] = [0, 1, -1, .max, .min, .min + 1, 0x7FFF_FFFF, -0x8000_0000, 0xFFFF_FFFF, 0x7FFF, 0x8000, 4, 20, Int64(input.count)]
        let value = random.chance(0.7) ? edges[random.below(edges.count)] : Int64(truncatingIfNeeded: random.next())
        let at = random.below(input.count - width + 1)
        for index in 0..<width { input[at + index] = UInt8(truncatingIfNeeded: value >> Int64((width - 1 - index) * 8)) }
    }

    private mutating func splice(_ input: inout [UInt8]) {
        let other = pool[random.below(pool.count)]
        input = Array(input[..<place(in: input)]) + Array(other[place(in: other)...])
    }

    private mutating func nest(_ input: inout [UInt8]) {
        let (open, close) = Self.brackets[random.below(Self.brackets.count)]
        let depth = 1 << random.below(14)
        let fitting = min(depth, max(1, (maximumBytes - input.count) / max(1, open.utf8.count + close.utf8.count)))
        let part = range(in: input, upTo: 64)
        let opened = [[UInt8]](repeating: Array(open.utf8), count: fitting).joined()
        // Unclosed now and then.
        let closed = random.chance(0.2) ? [] : Array([[UInt8]](repeating: Array(close.utf8), count: fitting).joined())
        input.replaceSubrange(part, with: Array(opened) + Array(input[part]) + closed)
    }

    private mutating func changeLines(of input: inout [UInt8]) {
        var lines = input.split(separator: 10, omittingEmptySubsequences: false).map(Array.init)
        let index = random.below(lines.count)
        let other = random.below(lines.count)
        switch random.below(6) {
        case 0: lines.remove(at: index)
        case 1: lines.insert(lines[index], at: other)
        case 2: lines.swapAt(index, other)
        case 3: lines[index].insert(contentsOf: [UInt8](repeating: 32, count: 1 + random.below(4)), at: 0)
        case 4: lines[index].removeFirst(lines[index].prefix { $0 == 32 }.count)
        default: lines.insert(contentsOf: lines, at: index)
        }
        input = Array(lines.joined(separator: [10]))
    }

    private mutating func swap(_ input: inout [UInt8]) {
        let part = range(in: input, upTo: 128)
        let moved = Array(input[part])
        input.removeSubrange(part)
        input.insert(contentsOf: moved, at: place(in: input))
    }

    private static let brackets = [("[", "]"), ("{\"a\":", "}"), ("{a: ", "}"), ("- ", ""), ("> ", ""), ("(", ")"), ("\"", "\""), ("? ", "")]

    private static let numbers = [
        "0", "-0", "-1", "1e999", "-1e999", "1e-999", "9223372036854775807", "9223372036854775808", "-9223372036854775808", "18446744073709551616",
        "2147483648", "0.1", "00", "0x10", "NaN", ".inf", "1_000", "253402300800000000", String(repeating: "9", count: 400)
    ]

    /// What readers of text and JSON stumble over.
    private static let troublesome: [[UInt8]] =
        [
            "\u{0}", "\\u0000", "\\ud800", "\\udc00\\ud800", "\\uD83D\\uDE00", "\\", "\\x", "\"", "'", "\u{FEFF}", "\u{200B}", "\u{202E}", "\u{2028}",
            "\u{FFFF}", "\u{10FFFF}", "e\u{301}", "\u{1F468}\u{200D}\u{1F469}", "ﷺ", "İ", "ß", "\r", "\r\n", "\t", "null", "true", "[]", "{}", "{",
            "}",
            "[", "]", ",", ":", ": ", "- ", "---\n", "...\n", "#", "&a ", "*a", "!!binary ", "!!int ", "<<: ", "|\n", ">\n", "%", "%00", "%ff",
            "%C0%80",
            "&", "=", "?", "+", "1e999", "-", "```", "~~~\n", "## ", "| a | b |\n", "    "
        ].map { Array($0.utf8) } + [
            // Overlong forms of "/" and U+0000, lone surrogates, beyond Unicode, stray and missing continuations.
            [0xC0, 0xAF], [0xC0, 0x80], [0xE0, 0x80, 0x80], [0xED, 0xA0, 0x80], [0xED, 0xBF, 0xBF], [0xF4, 0x90, 0x80, 0x80],
            [0xF5, 0x80, 0x80, 0x80],
            [0x80], [0xBF], [0xE2, 0x82], [0xF0, 0x9F], [0xFE], [0xFF], [0xFF, 0xFE], [0xFE, 0xFF]
        ]
}
