import Foundation

/// What the scanner makes of one Unicode scalar.
struct FoldedScalar: Sendable {
    enum Kind: UInt8, Sendable {
        case separator, letter, digit
        /// A combining mark: part of the word, absent from its folded form.
        case mark
        /// Zero width, direction control, variation selector: as if it were not there.
        case invisible
    }

    var kind: Kind
    /// The lower-case scalar, diacritics kept.
    var lower: UInt32
    /// The folded form as UTF-8 (lower case, Latin diacritics removed), first byte lowest; `count` bytes are used.
    var bytes: UInt32
    var count: UInt8

    init(kind: Kind, lower: UInt32, folded: some Sequence<UInt8>) {
        self.kind = kind
        self.lower = lower
        var packed: UInt32 = 0
        var length: UInt8 = 0
        for byte in folded where length < 4 {
            packed |= UInt32(byte) << (8 * UInt32(length))
            length += 1
        }
        bytes = packed
        count = length
    }

    static let separator = FoldedScalar(kind: .separator, lower: 0x20, folded: [])
    static let mark = FoldedScalar(kind: .mark, lower: 0, folded: [])
    static let invisible = FoldedScalar(kind: .invisible, lower: 0, folded: [])
}

/// Case, diacritics and compatibility forms of scalars: tables for the alphabets of Europe, the Unicode database for the rest.
///
/// Composition is not needed here: folding drops the marks anyway, and `compose` serves language identification, which wants them.
struct ScalarFolding: Sendable {
    static let shared = ScalarFolding()

    /// Latin, Greek and Cyrillic, with the punctuation between them.
    private static let low: UInt32 = 0x530
    private static let additional: Range<UInt32> = 0x1E00..<0x1F00

    private let lowTable: [FoldedScalar]
    private let additionalTable: [FoldedScalar]
    private let compositions: [UInt64: UInt32]

    init() {
        var compositions: [UInt64: UInt32] = [:]
        func entry(_ value: UInt32) -> FoldedScalar {
            guard let scalar = Unicode.Scalar(value) else { return .separator }
            let decomposed = Array(String(Character(scalar)).decomposedStringWithCanonicalMapping.unicodeScalars)
            if decomposed.count == 2 {
                compositions[UInt64(decomposed[0].value) << 32 | UInt64(decomposed[1].value)] = value
            }
            return Self.describe(scalar, decomposed: decomposed)
        }
        lowTable = (0..<Self.low).map(entry)
        additionalTable = Self.additional.map(entry)
        self.compositions = compositions
    }

    /// Whether `value` must first be replaced by its compatibility form (`compatibilityForm`).
    @inline(__always)
    static func hasCompatibilityForm(_ value: UInt32) -> Bool {
        switch value {
        case 0xAA, 0xB2, 0xB3, 0xB5, 0xB9, 0xBA, 0x132, 0x133, 0x149, 0x17F, 0x1C4...0x1CC, 0x1F1...0x1F3, 0x2B0...0x2B8,
            0x2E0...0x2E4, 0x1D2C...0x1D6A, 0x2070...0x209C, 0x2100...0x2188, 0x2460...0x24FF, 0x2C7C, 0x2C7D, 0x3200...0x33FF,
            0xA69C, 0xF900...0xFAFF, 0xFB00...0xFB06, 0xFB20...0xFB4F, 0xFB50...0xFDFF, 0xFE70...0xFEFC, 0xFF01...0xFFEF,
            0x1D400...0x1D7FF, 0x1F100...0x1F189:
            true
        default:
            false
        }
    }

    /// The NFKC form of one scalar, at most four scalars of it, all of them letters, digits or marks the tables know.
    static func compatibilityForm(_ value: UInt32) -> [UInt32] {
        // Negative circled and squared letters have no mapping in Unicode and are read as letters by people.
        if case 0x1F150...0x1F169 = value { return [0x61 + value - 0x1F150] }
        if case 0x1F170...0x1F189 = value { return [0x61 + value - 0x1F170] }
        guard let scalar = Unicode.Scalar(value) else { return [] }
        let mapped = String(Character(scalar)).precomposedStringWithCompatibilityMapping.unicodeScalars
        return mapped.prefix(4).map(\.value)
    }

    func fold(_ value: UInt32) -> FoldedScalar {
        if value < Self.low { return lowTable[Int(value)] }
        if Self.additional.contains(value) { return additionalTable[Int(value - Self.additional.lowerBound)] }
        if let quick = Self.quick(value) { return quick }
        guard let scalar = Unicode.Scalar(value) else { return .separator }
        return Self.describe(scalar, decomposed: [])
    }

    /// `base` and a following mark as one scalar, where one exists in the tables.
    func compose(_ base: UInt32, _ mark: UInt32) -> UInt32? {
        compositions[UInt64(base) << 32 | UInt64(mark)]
    }

    /// The big blocks, without asking the Unicode database.
    @inline(__always)
    private static func quick(_ value: UInt32) -> FoldedScalar? {
        switch value {
        case 0x200B...0x200F, 0x202A...0x202E, 0x2060...0x206F, 0xFE00...0xFE0F, 0xFEFF, 0xE0000...0xE0FFF: .invisible
        case 0x2000...0x2BFF: .separator
        case 0x3041...0x3096, 0x30A1...0x30FA, 0x3400...0x4DBF, 0x4E00...0x9FFF, 0xAC00...0xD7A3: letter(value)
        case 0x1F000...0x1FAFF: .separator
        default: nil
        }
    }

    private static func letter(_ value: UInt32) -> FoldedScalar {
        guard let scalar = Unicode.Scalar(value) else { return .separator }
        return FoldedScalar(kind: .letter, lower: value, folded: UTF8.encode(scalar).map(Array.init) ?? [])
    }

    private static func describe(_ scalar: Unicode.Scalar, decomposed: [Unicode.Scalar]) -> FoldedScalar {
        let properties = scalar.properties
        if properties.isDefaultIgnorableCodePoint { return .invisible }
        switch properties.generalCategory {
        case .nonspacingMark, .enclosingMark:
            return .mark
        case .spacingMark:
            // Indic vowel signs carry meaning and stay.
            return FoldedScalar(kind: .letter, lower: scalar.value, folded: Array(String(scalar).utf8))
        case .decimalNumber, .otherNumber, .letterNumber:
            let digit = properties.numericValue.flatMap { $0 >= 0 && $0 < 10 ? UInt8($0) : nil }
            return FoldedScalar(
                kind: .digit, lower: scalar.value, folded: digit.map { [0x30 + $0] } ?? Array(String(scalar).utf8))
        case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter:
            // Of a multi-scalar mapping (İ) the first scalar is the letter.
            let lower = properties.lowercaseMapping.unicodeScalars.first ?? scalar
            return FoldedScalar(kind: .letter, lower: lower.value, folded: foldedLetter(lower, decomposed: decomposed))
        default:
            return .separator
        }
    }

    private static func foldedLetter(_ lower: Unicode.Scalar, decomposed: [Unicode.Scalar]) -> [UInt8] {
        switch lower {
        case "ß": return Array("ss".utf8)
        case "æ", "ǽ": return Array("ae".utf8)
        case "œ": return Array("oe".utf8)
        case "ø", "ǿ": return Array("o".utf8)
        case "đ", "ð": return Array("d".utf8)
        case "þ": return Array("th".utf8)
        case "ł": return Array("l".utf8)
        case "ı": return Array("i".utf8)
        case "ħ": return Array("h".utf8)
        case "ŧ": return Array("t".utf8)
        case "ŋ": return Array("n".utf8)
        default: break
        }
        if let base = decomposed.first, base.isASCII, base.properties.isAlphabetic {
            return Array(base.properties.lowercaseMapping.utf8)
        }
        return Array(String(lower).utf8)
    }
}
