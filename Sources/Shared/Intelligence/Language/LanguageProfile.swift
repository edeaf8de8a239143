/// Weights of letter sequences for the languages of the Latin and Cyrillic alphabets: a table of hashed sequences by languages, one
/// printable character a weight, read in place.
///
/// The shipped weights were learned from the train part of the language identification test data of lingua-py
/// (github.com/pemistahl/lingua-py, Apache License 2.0), whose texts are sampled from the Leipzig Corpora Collection (Goldhahn, Eckart and
/// Quasthoff, 2012), and from the examples of the shipped taxonomy, each counted twice. `LanguageProfileTrainer` learns them again.
struct LanguageProfile: Sendable {
    static let latin = [
        "cs", "da", "de", "en", "es", "fi", "fr", "hu", "id", "it", "nb", "nl", "pl", "pt", "ro", "sv", "tr", "vi"
    ]
    static let cyrillic = ["ru", "uk"]
    static let languages = latin + cyrillic

    /// Rows of the table; a power of two.
    static let rows = 1 << 15
    static let rowsPerLine = 8
    /// A line of the table ends with a line feed, which is skipped.
    static let bytesPerLine = rowsPerLine * languages.count + 1
    /// The character of a zero weight, and how many steps there are to either side.
    static let zero = 81
    static let steps = 45

    let latinRange = 0..<LanguageProfile.latin.count
    let cyrillicRange = LanguageProfile.latin.count..<LanguageProfile.languages.count

    private let table: StaticString
    /// The weight of one step.
    private let step: Float

    static let shipped = LanguageProfile(table: LanguageProfileData.table, step: LanguageProfileData.step)

    init(table: StaticString, step: Float) {
        precondition(
            table.utf8CodeUnitCount >= Self.rows / Self.rowsPerLine * Self.bytesPerLine - 1,
            "a table of \(Self.rows) rows; generate it again with LanguageProfileTrainer")
        self.table = table
        self.step = step
    }

    /// A score for each of `languages`; meaningful only against each other.
    func scores(of letters: [UInt32]) -> [Float] {
        let width = Self.languages.count
        var grams = 0
        // Sixteen languages and four; 16 bits hold the sums of as many letters as are ever read.
        var low = SIMD16<Int16>()
        var high = SIMD4<Int16>()
        let zero = Int16(Self.zero)
        let weights = UnsafeRawPointer(table.utf8Start)
        letters.prefix(NormalisedText.identifiedLetters).withUnsafeBufferPointer { letters in
            LetterGrams.forEach(letters) { hash in
                let row = Int(hash & UInt32(Self.rows - 1))
                let start = row / Self.rowsPerLine * Self.bytesPerLine + row % Self.rowsPerLine * width
                let first = weights.loadUnaligned(fromByteOffset: start, as: SIMD16<UInt8>.self)
                let rest = weights.loadUnaligned(fromByteOffset: start + 16, as: SIMD4<UInt8>.self)
                low &+= SIMD16<Int16>(truncatingIfNeeded: first) &- zero
                high &+= SIMD4<Int16>(truncatingIfNeeded: rest) &- zero
                grams += 1
            }
        }
        let scale = step / Float(max(grams, 1)).squareRoot()
        return (0..<width).map { Float($0 < 16 ? low[$0] : high[$0 - 16]) * scale }
    }
}
