/// Lines of `text/csv` (RFC 4180) that a spreadsheet may open.
enum CSVText {
    static let mediaType = "text/csv"

    /// A cell of text. Always quoted, so that no program takes anything in it for a separator; and one that a spreadsheet would take for a formula
    /// begins with an apostrophe, which makes it text.
    static func cell(_ text: String) -> String {
        "\"" + (isFormula(text) ? "'" : "") + text.replacing("\"", with: "\"\"") + "\""
    }

    /// Several words in one cell.
    static func cell(_ words: [String]) -> String { cell(words.joined(separator: " ")) }

    /// A cell of ours: a number, a time, a word without any sign.
    static func bare(_ value: some CustomStringConvertible) -> String { value.description }

    static func line(_ cells: [String]) -> String { cells.joined(separator: ",") + "\r\n" }

    /// Whether a spreadsheet might reckon with it. What stands before the sign and is not seen may be passed over by some.
    private static func isFormula(_ text: String) -> Bool {
        for scalar in text.unicodeScalars {
            switch scalar {
            case "=", "+", "-", "@", "\t", "\r", "\n", "\u{FF1D}", "\u{FF0B}", "\u{FF0D}", "\u{FF20}": return true
            default:
                guard scalar.properties.isWhitespace || scalar.properties.isDefaultIgnorableCodePoint else { return false }
            }
        }
        return false
    }
}
