/// Splits UTF-8 into folded words in one pass.
struct WordScanner {
    /// How letters are read.
    enum Reading {
        case plainly
        /// Look-alikes of other alphabets as Latin, signs and digits inside words as the letters they stand for.
        case throughDisguises
    }

    /// Between sentences the word count jumps by this much.
    private static let sentenceGap: UInt32 = 5
    /// A full stop after fewer words than this does not end a sentence ("No. 3", "Disable. It. Now.").
    private static let shortestSentence: UInt32 = 3

    private enum ASCII: UInt8 {
        case separator, space, stop, letter, digit, apostrophe
    }

    private static let classes: [UInt8] = (0..<128).map { byte in
        switch UInt8(byte) {
        case 0x41...0x5A, 0x61...0x7A: ASCII.letter.rawValue
        case 0x30...0x39: ASCII.digit.rawValue
        case 0x27: ASCII.apostrophe.rawValue
        case 0x2E, 0x21, 0x3F, 0x3A, 0x3B: ASCII.stop.rawValue
        case 0x20, 0x09, 0x0D, 0x0A: ASCII.space.rawValue
        default: ASCII.separator.rawValue
        }
    }

    let reading: Reading
    private(set) var folded: [UInt8] = []
    private(set) var tokens: [Token] = []
    private(set) var letters: [UInt32] = []
    private(set) var hasLookAlikes = false
    private(set) var hasFragments = false

    private let folding = ScalarFolding.shared
    private var compatibility: [UInt32: [UInt32]] = [:]
    private var inWord = false
    private var wordStart = 0
    private var wordSource = 0
    private var hasDigit = false
    private var hasLetter = false
    private var hasForeign = false
    private var gapHasSpace = true
    private var gapHasStop = false
    private var gapLines = 0
    private var gapLength = 0
    private var position: UInt32 = 0
    private var sentenceWords: UInt32 = 0
    private var singles = 0

    init(reading: Reading, capacity: Int) {
        self.reading = reading
        folded.reserveCapacity(capacity + 8)
        tokens.reserveCapacity(capacity / 6 + 4)
        letters.reserveCapacity(min(capacity, NormalisedText.identifiedLetters))
    }

    mutating func scan(_ source: UnsafeBufferPointer<UInt8>) {
        let count = source.count
        Self.classes.withUnsafeBufferPointer { classes in
            var index = 0
            while index < count {
                let byte = source[index]
                if byte < 0x80 {
                    scanASCII(byte, ASCII(rawValue: classes[Int(byte)]) ?? .separator, at: index, source)
                    index += 1
                } else {
                    let (value, length) = Self.decode(source, at: index)
                    scanScalar(value, at: index, next: index + length, source)
                    index += length
                }
            }
        }
        endWord(at: count)
    }

    @inline(__always)
    private mutating func scanASCII(_ byte: UInt8, _ kind: ASCII, at index: Int, _ source: UnsafeBufferPointer<UInt8>) {
        switch kind {
        case .letter:
            let lower = byte | 0x20
            startWord(at: index)
            hasLetter = true
            folded.append(lower)
            note(UInt32(lower))
        case .digit:
            startWord(at: index)
            hasDigit = true
            folded.append(byte)
        case .apostrophe where inWord:
            // Decided when the word ends: "can't" is one word, "l'audit" two.
            splitAtApostrophe(at: index, source)
        default:
            if kind != .space, inWord, let letter = LookAlikes.sign(byte), index + 1 < source.count,
                Self.continuesWord(source[index + 1])
            {
                if reading == .throughDisguises {
                    folded.append(letter)
                    return
                }
                hasLookAlikes = true
            }
            endWord(at: index)
            gap(byte, kind)
        }
    }

    /// "can't" loses its apostrophe; in every other case it separates, as in "l'audit".
    private mutating func splitAtApostrophe(at index: Int, _ source: UnsafeBufferPointer<UInt8>) {
        let next = index + 1
        if next < source.count, source[next] | 0x20 == 0x74, next + 1 >= source.count || !Self.continuesWord(source[next + 1]) { return }
        endWord(at: index)
        // An elision is no disguise: long enough a gap not to count as glued.
        gapLength += 3
    }

    private static func continuesWord(_ byte: UInt8) -> Bool {
        byte >= 0x80 || classes[Int(byte)] == ASCII.letter.rawValue || classes[Int(byte)] == ASCII.digit.rawValue
    }

    private mutating func scanScalar(_ value: UInt32, at index: Int, next: Int, _ source: UnsafeBufferPointer<UInt8>) {
        if value == 0x2019 || value == 0x2BC {
            if inWord { splitAtApostrophe(at: next - 1, source) }
            return
        }
        if ScalarFolding.hasCompatibilityForm(value) {
            let mapped = compatibility[value] ?? ScalarFolding.compatibilityForm(value)
            compatibility[value] = mapped
            for part in mapped { take(folding.fold(part), part, at: index) }
        } else {
            take(folding.fold(value), value, at: index)
        }
    }

    private mutating func take(_ scalar: FoldedScalar, _ value: UInt32, at index: Int) {
        switch scalar.kind {
        case .letter:
            startWord(at: index)
            hasLetter = true
            note(scalar.lower)
            if let latin = LookAlikes.letter(scalar.lower) {
                hasForeign = true
                if reading == .throughDisguises {
                    folded.append(latin)
                    return
                }
            }
            append(scalar)
        case .digit:
            startWord(at: index)
            hasDigit = true
            append(scalar)
        case .mark:
            if let last = letters.last, last != 0x20, inWord, let composed = folding.compose(last, value) {
                letters[letters.count - 1] = composed
            }
        case .invisible:
            break
        case .separator:
            endWord(at: index)
            gap(0, value == 0xA0 || value == 0x3000 ? .space : value == 0x3002 ? .stop : .separator)
        }
    }

    @inline(__always)
    private mutating func append(_ scalar: FoldedScalar) {
        var bytes = scalar.bytes
        for _ in 0..<scalar.count {
            folded.append(UInt8(truncatingIfNeeded: bytes))
            bytes >>= 8
        }
    }

    @inline(__always)
    private mutating func note(_ lower: UInt32) {
        if letters.count < NormalisedText.identifiedLetters { letters.append(lower) }
    }

    @inline(__always)
    private mutating func gap(_ byte: UInt8, _ kind: ASCII) {
        gapLength += 1
        if kind == .space {
            gapHasSpace = true
            if byte == 0x0A { gapLines += 1 }
        } else if kind == .stop {
            gapHasStop = true
        }
    }

    @inline(__always)
    private mutating func startWord(at index: Int) {
        if inWord { return }
        inWord = true
        if !folded.isEmpty { folded.append(0x20) }
        wordStart = folded.count
        wordSource = index
        hasDigit = false
        hasLetter = false
        hasForeign = false
        if letters.count < NormalisedText.identifiedLetters, let last = letters.last, last != 0x20 { letters.append(0x20) }
    }

    private mutating func endWord(at index: Int) {
        guard inWord else { return }
        inWord = false
        let isGlued = !gapHasSpace && !tokens.isEmpty && gapLength <= 2
        let endsSentence = (gapHasStop && gapHasSpace) || gapLines > 1
        if endsSentence, sentenceWords >= Self.shortestSentence {
            position += Self.sentenceGap
            sentenceWords = 0
        }
        if reading == .throughDisguises, hasDigit, hasLetter { readSigns() }
        tokens.append(
            Token(
                start: UInt32(wordStart), end: UInt32(folded.count), sourceStart: UInt32(wordSource), sourceEnd: UInt32(index),
                position: position, isGlued: isGlued))
        position += 1
        sentenceWords += 1
        let length = folded.count - wordStart
        singles = length == 1 ? singles + 1 : 0
        if isGlued || singles == 3 || length >= Disguises.shortestRunTogether { hasFragments = true }
        if hasForeign || (hasDigit && hasLetter && length >= 4) { hasLookAlikes = true }
        gapHasSpace = false
        gapHasStop = false
        gapLines = 0
        gapLength = 0
    }

    private mutating func readSigns() {
        for index in wordStart..<folded.count {
            if let letter = LookAlikes.sign(folded[index]) { folded[index] = letter }
        }
    }

    /// The scalar at `index` of valid UTF-8, and its length in bytes.
    @inline(__always)
    private static func decode(_ source: UnsafeBufferPointer<UInt8>, at index: Int) -> (UInt32, Int) {
        func trail(_ offset: Int) -> UInt32 {
            index + offset < source.count ? UInt32(source[index + offset] & 0x3F) : 0
        }
        let lead = UInt32(source[index])
        if lead < 0xE0 { return ((lead & 0x1F) << 6 | trail(1), 2) }
        if lead < 0xF0 { return ((lead & 0x0F) << 12 | trail(1) << 6 | trail(2), 3) }
        return ((lead & 0x07) << 18 | trail(1) << 12 | trail(2) << 6 | trail(3), 4)
    }
}
