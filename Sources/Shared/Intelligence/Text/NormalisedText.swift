/// One word of a text.
public struct Token: Sendable, Hashable {
    /// Where its folded form stands in `NormalisedText.folded`.
    public var start: UInt32
    public var end: UInt32
    /// Where it stands in the source, as UTF-8 offsets.
    public var sourceStart: UInt32
    public var sourceEnd: UInt32
    /// Its number in the text, with a jump between sentences so that words of two sentences do not count as neighbours.
    public var position: UInt32
    /// True when less than a space separates it from the word before, as in `dis.able`.
    public var isGlued: Bool

    var count: Int { Int(end - start) }
}

/// A text made comparable: compatibility forms resolved, invisible characters removed, case and Latin diacritics folded, split into words.
///
/// One pass over the UTF-8 bytes, with a fast path for ASCII. Linear in the text's length, whatever the text is.
public struct NormalisedText: Sendable {
    /// What the local model and the rules read of a text at most, in bytes of the source. Guardrails read all of it.
    public static let analysedBytes = 32 * 1024
    /// How many letters language identification reads at most.
    static let identifiedLetters = 160

    /// The text as it came.
    public let source: [UInt8]
    /// The folded words in order, one space between them.
    public internal(set) var folded: [UInt8] = []
    public internal(set) var tokens: [Token] = []
    /// The first letters, lower case with diacritics, runs of anything else as one space. For language identification.
    public internal(set) var letters: [UInt32] = []
    /// True when a word may be written with look-alikes: letters of other alphabets, digits or signs inside it.
    var hasLookAlikes = false
    /// True when words may be cut up or run together: single letters in a row, words glued by punctuation, long words.
    var hasFragments = false

    /// Normalises a text.
    public init(_ text: String) {
        self.init(source: Array(text.utf8), reading: .plainly)
    }

    /// Normalises a subject and a body as one text; they count as different sentences.
    public init(subject: String, body: String) {
        var source = [UInt8]()
        source.reserveCapacity(subject.utf8.count + body.utf8.count + 2)
        source.append(contentsOf: subject.utf8)
        source.append(contentsOf: [0x0A, 0x0A])
        source.append(contentsOf: body.utf8)
        self.init(source: source, reading: .plainly)
    }

    init(source: [UInt8], reading: WordScanner.Reading) {
        self.source = source
        var scanner = WordScanner(reading: reading, capacity: source.count)
        source.withUnsafeBufferPointer { scanner.scan($0) }
        folded = scanner.folded
        tokens = scanner.tokens
        letters = scanner.letters
        hasLookAlikes = scanner.hasLookAlikes
        hasFragments = scanner.hasFragments
    }

    /// The number of leading tokens that lie within `analysedBytes`.
    public var analysedTokens: Int {
        guard let last = tokens.last, Int(last.sourceEnd) > Self.analysedBytes else { return tokens.count }
        var low = 0
        var high = tokens.count
        while low < high {
            let middle = (low + high) / 2
            if Int(tokens[middle].sourceEnd) <= Self.analysedBytes { low = middle + 1 } else { high = middle }
        }
        return low
    }

    /// The source between two tokens (inclusive), cleaned for a record: invisible and control characters removed, white space
    /// collapsed, at most `limit` characters.
    public func evidence(from first: Int, through last: Int, limit: Int = 200) -> String {
        guard tokens.indices.contains(first), tokens.indices.contains(last), first <= last else { return "" }
        let start = Int(tokens[first].sourceStart)
        // Room for invisible characters, and still bounded.
        let end = min(Int(tokens[last].sourceEnd), start + limit * 16)
        var cleaned = String.UnicodeScalarView()
        var count = 0
        for scalar in String(decoding: source[start..<end], as: UTF8.self).unicodeScalars {
            if count == limit { break }
            if scalar.properties.isWhitespace || scalar.properties.generalCategory == .control {
                if cleaned.last != " " {
                    cleaned.append(" ")
                    count += 1
                }
            } else if !scalar.properties.isDefaultIgnorableCodePoint, scalar.properties.generalCategory != .format {
                cleaned.append(scalar)
                count += 1
            }
        }
        return String(cleaned)
    }
}
