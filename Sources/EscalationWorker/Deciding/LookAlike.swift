import Foundation

/// How much two tickets say the same, in any language: the share of words that both use.
///
/// The words of subject and text are folded (case, accents), cut to five letters, which takes most endings off in most languages, and words
/// of one or two letters are left out unless they hold a digit (`L-7`). In scripts that set no spaces each pair of neighbouring signs counts as a word.
/// Similarity is Sørensen's and Dice's: twice the common words by the words of both. It is symmetric, 1 for equal sets, 0 for sets
/// without a common word, and repeating a word changes nothing.
struct LookAlike: Hashable {
    /// Characters of a text that count; what somebody reports stands at its beginning.
    static let textLimit = 2000
    private static let wordLength = 5

    /// Hashes of the words, in order, each once.
    let words: [UInt64]

    init(subject: String, body: String) {
        var reader = WordReader()
        for scalar in subject.unicodeScalars { reader.read(scalar) }
        reader.endWord()
        for scalar in body.unicodeScalars.prefix(Self.textLimit) { reader.read(scalar) }
        reader.endWord()
        words = reader.words.sorted()
    }

    func similarity(to other: LookAlike) -> Double {
        guard !words.isEmpty, !other.words.isEmpty else { return 0 }
        var (i, j, common) = (0, 0, 0)
        while i < words.count, j < other.words.count {
            if words[i] == other.words[j] {
                common += 1
                i += 1
                j += 1
            } else if words[i] < other.words[j] {
                i += 1
            } else {
                j += 1
            }
        }
        return Double(2 * common) / Double(words.count + other.words.count)
    }

    private struct WordReader {
        var words: Set<UInt64> = []
        private var hash = WordReader.basis
        private var length = 0
        private var hasDigit = false
        /// The sign before this one, in a script without spaces.
        private var sign: UInt32?

        /// FNV-1a, 64 bits.
        private static let basis: UInt64 = 0xCBF2_9CE4_8422_2325
        private static func mix(_ hash: UInt64, _ value: UInt32) -> UInt64 { (hash ^ UInt64(value)) &* 0x100_0000_01B3 }

        mutating func read(_ scalar: Unicode.Scalar) {
            let value = scalar.value
            if value < 0x80 {
                switch value {
                case 0x61...0x7A: letter(value)
                case 0x41...0x5A: letter(value + 32)
                case 0x30...0x39: digit(value)
                default: endWord()
                }
            } else if value < Self.tableEnd {
                read(Self.table[Int(value - 0x80)])
            } else if Self.isDense(value) {
                sign(value)
            } else {
                read(Self.folded(scalar))
            }
        }

        /// What a character is to a word.
        private enum Folded {
            case letter(UInt32), digit(UInt32), mark, gap
        }

        private mutating func read(_ folded: Folded) {
            switch folded {
            case .letter(let value): letter(value)
            case .digit(let value): digit(value)
            case .mark: break
            case .gap: endWord()
            }
        }

        /// One letter without its case and accents.
        private static func folded(_ scalar: Unicode.Scalar) -> Folded {
            if scalar.properties.isAlphabetic {
                let parts = String(Character(scalar)).lowercased().decomposedStringWithCanonicalMapping.unicodeScalars
                return .letter((parts.first { $0.properties.isAlphabetic } ?? scalar).value)
            }
            if scalar.properties.numericType != nil { return .digit(scalar.value) }
            return scalar.properties.generalCategory == .nonspacingMark ? .mark : .gap
        }

        private static let tableEnd: UInt32 = 0x700

        /// Folding asks Unicode's tables and makes strings: done once for Latin, Greek, Cyrillic, Armenian, Hebrew and Arabic.
        private static let table: [Folded] = (0x80..<tableEnd).map { Unicode.Scalar($0).map(folded) ?? .gap }

        mutating func endWord() {
            if length >= 3 || hasDigit { words.insert(hash) }
            hash = Self.basis
            length = 0
            hasDigit = false
            sign = nil
        }

        private mutating func letter(_ value: UInt32) {
            if sign != nil { endWord() }
            length += 1
            if length <= LookAlike.wordLength { hash = Self.mix(hash, value) }
        }

        private mutating func digit(_ value: UInt32) {
            letter(value)
            hasDigit = true
        }

        private mutating func sign(_ value: UInt32) {
            guard let before = sign else {
                endWord()
                sign = value
                return
            }
            words.insert(Self.mix(Self.mix(Self.basis, before), value))
            sign = value
        }

        /// Thai, Lao, Myanmar and Khmer; kana and Han.
        private static func isDense(_ value: UInt32) -> Bool {
            switch value {
            case 0x0E00...0x0EFF, 0x1000...0x109F, 0x1780...0x17FF, 0x3040...0x30FF, 0x3400...0x9FFF, 0xF900...0xFAFF, 0x20000...0x3FFFF: true
            default: false
            }
        }
    }
}
