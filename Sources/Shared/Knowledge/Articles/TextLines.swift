/// A text cut into lines.
enum TextLines {
    /// The lines without their ends (`\n` or `\r\n`). A byte order mark at the start is dropped.
    static func split(_ text: String) -> [String] {
        var bytes = Array(text.utf8)[...]
        if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { bytes = bytes.dropFirst(3) }
        var lines = bytes.split(separator: 0x0A, omittingEmptySubsequences: false).map { line in
            String(decoding: line.last == 0x0D ? line.dropLast() : line, as: UTF8.self)
        }
        if lines.last == "" { lines.removeLast() }
        return lines
    }

    /// Whether something other than text stands in the line; tabs are text.
    static func hasControlCharacter(_ line: String) -> Bool {
        line.utf8.contains { ($0 < 0x20 && $0 != 0x09) || $0 == 0x7F }
    }
}
