/// An article's body as sections of blocks: the subset of CommonMark that articles use (ATX headings, fenced code, numbered lists,
/// everything else as paragraphs).
struct MarkdownBody {
    struct Section {
        /// The headings that lead here, outermost first; empty for text before the first heading.
        var headings: [String]
        var blocks: [MarkdownBlock]
    }

    /// Sections that say something, in order: empty ones and mere lists of links are left out.
    private(set) var sections: [Section] = []
    private(set) var links: [Article.Link] = []

    private var headings: [(level: Int, text: String)] = []
    private var open: MarkdownBlock?
    private var pendingBlanks = 0

    init(lines: [String], from first: Int, _ problems: ProblemList) {
        var section = Section(headings: [], blocks: [])
        var fence: (mark: Character, length: Int, line: Int)?
        func finishSection(_ body: inout MarkdownBody) {
            body.closeBlock(into: &section)
            if !section.blocks.allSatisfy(\.isNavigation) { body.sections.append(section) }
        }
        for index in lines.indices.dropFirst(first) {
            let line = lines[index]
            if let current = fence {
                append(line, number: index + 1, as: .code)
                if let mark = Self.fence(line), mark.mark == current.mark, mark.length >= current.length, mark.isBare {
                    fence = nil
                    if open?.kind == .code { closeBlock(into: &section) }
                }
                continue
            }
            if let mark = Self.fence(line) {
                fence = (mark.mark, mark.length, index + 1)
                // Code that is indented under a step belongs to it.
                if !(open?.kind == .steps && line.first == " ") { closeBlock(into: &section) }
                append(line, number: index + 1, as: .code)
                continue
            }
            collectLinks(line, number: index + 1)
            if let heading = Self.heading(line) {
                finishSection(&self)
                while let last = headings.last, last.level >= heading.level { headings.removeLast() }
                headings.append(heading)
                section = Section(headings: headings.map(\.text), blocks: [])
                continue
            }
            if line.allSatisfy(\.isWhitespace) {
                if open?.kind == .steps { pendingBlanks += 1 } else { closeBlock(into: &section) }
                continue
            }
            let marker = MarkdownBlock.stepMarker(line)
            if open?.kind == .steps {
                if marker == nil && line.first != " " && pendingBlanks > 0 { closeBlock(into: &section) }
            } else if marker?.number == 1 {
                closeBlock(into: &section)
            }
            append(line, number: index + 1, as: open == nil && marker != nil ? .steps : .paragraph)
        }
        if let fence {
            problems.report(.syntax, line: fence.line, key: "body", expected: "an end of the code block", found: "the end of the file")
        }
        finishSection(&self)
    }

    /// Adds a line to the open block, or opens one of `kind` with it.
    private mutating func append(_ line: String, number: Int, as kind: MarkdownBlock.Kind) {
        if open == nil {
            open = MarkdownBlock(kind: kind, line: number, lines: [line])
        } else {
            open?.lines += Array(repeating: "", count: pendingBlanks) + [line]
        }
        pendingBlanks = 0
    }

    private mutating func closeBlock(into section: inout Section) {
        if let block = open { section.blocks.append(block) }
        open = nil
        pendingBlanks = 0
    }

    private static func heading(_ line: String) -> (level: Int, text: String)? {
        let level = line.prefix { $0 == "#" }.count
        guard (1...6).contains(level) else { return nil }
        let rest = line.dropFirst(level)
        guard rest.isEmpty || rest.first == " " else { return nil }
        let text = rest.drop { $0 == " " || $0 == "#" }
        return (level, String(text).trimmingTrailingWhitespace())
    }

    private static func fence(_ line: String) -> (mark: Character, length: Int, isBare: Bool)? {
        let text = line.drop { $0 == " " }
        guard let mark = text.first, mark == "`" || mark == "~" else { return nil }
        let length = text.prefix { $0 == mark }.count
        guard length >= 3 else { return nil }
        let rest = text.dropFirst(length)
        // Three backquotes that close on their line are code inside a text.
        guard !(mark == "`" && rest.contains("`")) else { return nil }
        return (mark, length, rest.allSatisfy(\.isWhitespace))
    }

    /// Links to Markdown files beside this one: `](name.md)`, with or without a `#section`.
    private mutating func collectLinks(_ line: String, number: Int) {
        var rest = line[...]
        while let start = rest.firstRange(of: "](") {
            rest = rest[start.upperBound...]
            guard let end = rest.firstIndex(of: ")") else { return }
            let target = rest[..<end].prefix { $0 != "#" }
            if target.hasSuffix(".md"), !target.contains("://") { links.append(Article.Link(target: String(target), line: number)) }
            rest = rest[end...]
        }
    }
}
