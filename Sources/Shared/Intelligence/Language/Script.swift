/// The writing system of a letter, as far as language identification needs it.
enum Script: Int, CaseIterable, Sendable {
    case latin, cyrillic, greek, arabic, hebrew, devanagari, thai, hangul, kana, han, other

    @inline(__always)
    static func of(_ letter: UInt32) -> Script {
        switch letter {
        case 0..<0x250, 0x1E00..<0x1F00: .latin
        case 0x370..<0x400, 0x1F00..<0x2000: .greek
        case 0x400..<0x530: .cyrillic
        case 0x590..<0x600: .hebrew
        case 0x600..<0x780, 0x8A0..<0x900: .arabic
        case 0x900..<0x980: .devanagari
        case 0xE00..<0xE80: .thai
        case 0x1100..<0x1200, 0x3130..<0x3190, 0xAC00..<0xD7B0: .hangul
        case 0x3040..<0x3100, 0x31F0..<0x3200: .kana
        case 0x3400..<0xA000, 0x20000..<0x33000: .han
        default: .other
        }
    }

    /// The language that this script alone decides.
    var language: String? {
        switch self {
        case .greek: "el"
        case .hebrew: "he"
        case .devanagari: "hi"
        case .thai: "th"
        case .hangul: "ko"
        case .kana: "ja"
        case .han: "zh"
        case .latin, .cyrillic, .arabic, .other: nil
        }
    }
}
