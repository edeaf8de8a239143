/// Letters of other alphabets, digits and signs that people read as Latin letters; used to see through disguises, never to change what
/// is stored.
enum LookAlikes {
    /// The Latin letter that a Greek, Cyrillic or phonetic letter (lower case) resembles.
    static func letter(_ scalar: UInt32) -> UInt8? {
        guard scalar >= 0x250, scalar < 0x590 else { return scalar < 0x250 ? nil : distant[scalar] }
        let found = near[Int(scalar - 0x250)]
        return found == 0 ? nil : found
    }

    /// The letter that a digit or sign stands for inside a word, as in `d1s@ble`.
    static func sign(_ byte: UInt8) -> UInt8? {
        switch byte {
        case UInt8(ascii: "0"): UInt8(ascii: "o")
        case UInt8(ascii: "1"), UInt8(ascii: "!"), UInt8(ascii: "|"): UInt8(ascii: "i")
        case UInt8(ascii: "3"): UInt8(ascii: "e")
        case UInt8(ascii: "4"), UInt8(ascii: "@"): UInt8(ascii: "a")
        case UInt8(ascii: "5"), UInt8(ascii: "$"): UInt8(ascii: "s")
        case UInt8(ascii: "7"): UInt8(ascii: "t")
        case UInt8(ascii: "8"): UInt8(ascii: "b")
        case UInt8(ascii: "9"): UInt8(ascii: "g")
        default: nil
        }
    }

    private static let pairs: [(Unicode.Scalar, Character)] = [
        // Cyrillic
        ("а", "a"), ("в", "b"), ("с", "c"), ("ԁ", "d"), ("е", "e"), ("ё", "e"), ("ғ", "f"), ("г", "r"), ("һ", "h"), ("н", "h"),
        ("і", "i"), ("ї", "i"), ("ј", "j"), ("к", "k"), ("ӏ", "l"), ("м", "m"), ("п", "n"), ("о", "o"), ("р", "p"), ("ԛ", "q"),
        ("ѕ", "s"), ("т", "t"), ("ц", "u"), ("ѵ", "v"), ("ԝ", "w"), ("х", "x"), ("у", "y"), ("ү", "y"), ("ь", "b"), ("и", "n"),
        ("я", "r"), ("з", "e"),
        // Greek
        ("α", "a"), ("β", "b"), ("γ", "y"), ("δ", "d"), ("ε", "e"), ("η", "n"), ("ι", "i"), ("κ", "k"), ("ν", "v"), ("ο", "o"),
        ("ρ", "p"), ("σ", "o"), ("ς", "c"), ("τ", "t"), ("υ", "u"), ("χ", "x"), ("ω", "w"), ("ϲ", "c"), ("ϳ", "j"), ("μ", "u"),
        ("ά", "a"), ("έ", "e"), ("ή", "n"), ("ί", "i"), ("ό", "o"), ("ύ", "u"), ("ώ", "w"),
        // Phonetic and Armenian
        ("ɑ", "a"), ("ɡ", "g"), ("ɩ", "i"), ("ɪ", "i"), ("ɴ", "n"), ("ɾ", "r"), ("ʀ", "r"), ("ʏ", "y"), ("ʙ", "b"), ("ɢ", "g"),
        ("ʜ", "h"), ("ʟ", "l"), ("ո", "n"), ("ս", "u"), ("օ", "o"), ("հ", "h"), ("ց", "g"), ("զ", "q"), ("ɛ", "e"), ("ʋ", "u")
    ]

    private static let near: [UInt8] = {
        var table = [UInt8](repeating: 0, count: 0x590 - 0x250)
        for (scalar, latin) in pairs { table[Int(scalar.value - 0x250)] = latin.asciiValue ?? 0 }
        return table
    }()

    /// Small capitals outside the phonetic block.
    private static let distant: [UInt32: UInt8] = {
        let pairs: [(Unicode.Scalar, Character)] = [
            ("ᴀ", "a"), ("ᴄ", "c"), ("ᴅ", "d"), ("ᴇ", "e"), ("ᴊ", "j"), ("ᴋ", "k"), ("ᴍ", "m"), ("ᴏ", "o"), ("ᴘ", "p"), ("ᴛ", "t"),
            ("ᴜ", "u"), ("ᴠ", "v"), ("ᴡ", "w"), ("ᴢ", "z"), ("ꜱ", "s"), ("ꜰ", "f")
        ]
        return Dictionary(uniqueKeysWithValues: pairs.map { ($0.value, $1.asciiValue ?? 0) })
    }()
}
