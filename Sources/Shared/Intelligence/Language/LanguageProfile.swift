/// Weights of letter sequences for the languages of the Latin and Cyrillic alphabets: a table of hashed sequences by languages, one
/// printable character a weight, read in place.
///
/// The shipped weights were learned from the train part of the language identification test data of lingua-py
/// (github.com/pemistahl/lingua-py, Apache License 2.0), whose texts are sampled from the Leipzig Corpora Collection (Goldhahn, Eckart and
/// Quasthoff, 2012). `LanguageProfileTrainer` learns them again.
struct LanguageProfile: Sendable {
    static let latin = [
        "cs", "da", "de", "en", "es", "fi", "fr", "hu", "id", "it", "nb", "nl", "pl", "pt", "ro", "sv", "tr", "vi",
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
        var sums = [Int32](repeating: 0, count: width)
        var grams: Int32 = 0
        let weights = UnsafeRawPointer(table.utf8Start)
        sums.withUnsafeMutableBufferPointer { sums in
            letters.withUnsafeBufferPointer { letters in
                LetterGrams.forEach(letters) { hash in
                    let row = Int(hash & UInt32(Self.rows - 1))
                    let start = weights + (row / Self.rowsPerLine * Self.bytesPerLine + row % Self.rowsPerLine * width)
                    for language in 0..<width {
                        sums[language] &+= Int32(start.load(fromByteOffset: language, as: UInt8.self))
                    }
                    grams += 1
                }
            }
        }
        let scale = step / Float(max(grams, 1)).squareRoot()
        return sums.map { Float($0 - grams * Int32(Self.zero)) * scale }
    }
}
