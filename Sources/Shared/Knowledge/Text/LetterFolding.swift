import Foundation

/// Lower case and basic letters for everything beyond ASCII.
enum LetterFolding {
    enum Folded {
        /// UTF-8.
        case letters([UInt8])
        /// A mark or an invisible character: part of the word, absent from its folded form.
        case nothing
        case separator
    }

    /// Latin with diacritics up to U+024F, worked out once; the rest of the world keeps its letters, in lower case.
    private static let latin: [Folded] = (UInt32(0x80)..<0x250).map { value in
        Unicode.Scalar(value).map(describe) ?? .separator
    }

    static func fold(_ scalar: Unicode.Scalar) -> Folded {
        if scalar.value < 0x250 { return latin[Int(scalar.value) - 0x80] }
        // Full-width forms of ASCII.
        if case 0xFF01...0xFF5E = scalar.value, let plain = Unicode.Scalar(scalar.value - 0xFEE0) {
            return plain.properties.isAlphabetic || plain.properties.numericType != nil
                ? .letters(Array(plain.properties.lowercaseMapping.utf8)) : .separator
        }
        return describe(scalar)
    }

    private static func describe(_ scalar: Unicode.Scalar) -> Folded {
        switch scalar {
        case "ß", "\u{1E9E}": return .letters(Array("ss".utf8))
        case "æ", "Æ": return .letters(Array("ae".utf8))
        case "œ", "Œ": return .letters(Array("oe".utf8))
        case "ø", "Ø": return .letters(Array("o".utf8))
        case "ł", "Ł": return .letters(Array("l".utf8))
        case "ı": return .letters(Array("i".utf8))
        default: break
        }
        switch scalar.properties.generalCategory {
        case .nonspacingMark, .enclosingMark, .format:
            return .nothing
        case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter, .spacingMark, .decimalNumber:
            let lower = scalar.properties.lowercaseMapping
            guard scalar.value < 0x250 || (0x1E00..<0x1F00).contains(scalar.value),
                let base = lower.decomposedStringWithCanonicalMapping.unicodeScalars.first
            else { return .letters(Array(lower.utf8)) }
            return .letters(Array(String(base).utf8))
        default:
            return .separator
        }
    }
}
