/// A piece of Markdown between empty lines.
struct MarkdownBlock: Sendable, Hashable {
    enum Kind: Sendable, Hashable {
        /// Text, bullets, a table or a quotation.
        case paragraph
        /// A numbered list with everything that is indented under it. Never cut: half a procedure is worse than none.
        case steps
        /// A fenced code block. Never cut.
        case code
    }

    var kind: Kind
    /// The line of the first, counted from 1.
    var line: Int
    var lines: [String]

    var text: String { lines.joined(separator: "\n") }
    var size: Int { lines.reduce(0) { $0 + $1.utf8.count + 1 } }

    /// Whether it is a list of which every item leads to another article, as under a heading `Related`. That is for readers of the file; it answers nothing.
    var isNavigation: Bool {
        kind == .paragraph && lines.allSatisfy { $0.hasPrefix("- ") && $0.contains("](") && $0.contains(".md)") }
    }

    /// The items of a numbered list without their numbers; lines that continue an item lose the indentation of its text.
    var steps: [String] {
        guard kind == .steps else { return [] }
        var items: [[String]] = []
        var indentation = 0
        for line in lines {
            if let marker = Self.stepMarker(line) {
                items.append([String(line.dropFirst(marker.width))])
                indentation = marker.width
            } else if !items.isEmpty {
                let spaces = line.prefix { $0 == " " }.count
                items[items.count - 1].append(String(line.dropFirst(min(spaces, indentation))))
            }
        }
        return items.map { $0.joined(separator: "\n").trimmingTrailingWhitespace() }
    }

    /// The number at the start of a list item and the width of the marker, for instance 1 and 3 for `1. `.
    static func stepMarker(_ line: String) -> (number: Int, width: Int)? {
        let digits = line.utf8.prefix { (0x30...0x39).contains($0) }
        guard (1...3).contains(digits.count), let number = Int(String(decoding: digits, as: UTF8.self)) else { return nil }
        let rest = line.utf8.dropFirst(digits.count)
        guard let mark = rest.first, mark == 0x2E || mark == 0x29 else { return nil }
        let spaces = rest.dropFirst().prefix { $0 == 0x20 }
        guard !spaces.isEmpty, rest.count > 1 + spaces.count else { return nil }
        return (number, digits.count + 1 + spaces.count)
    }
}

extension String {
    func trimmingTrailingWhitespace() -> String {
        var text = self[...]
        while let last = text.last, last.isWhitespace { text.removeLast() }
        return String(text)
    }
}
