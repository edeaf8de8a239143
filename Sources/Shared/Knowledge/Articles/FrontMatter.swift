import Domain

/// The YAML block at the top of an article. What could not be read is nil or empty, and reported.
struct FrontMatter {
    static let keys = ["id", "title", "version", "last_updated", "tags", "audience", "status", "supersedes"]
    /// Bounds what the YAML parser is given.
    private static let maximumLines = 60
    private static let maximumBytes = 4096

    let id: String?
    let title: String?
    let version: String?
    let lastUpdated: String?
    let tags: [String]
    let audience: Set<Persona>
    let status: Article.Status?
    let supersedes: [String]
    let lines: [String: Int]

    /// The index of the line `---` that ends the front matter.
    static func end(of lines: [String], _ problems: ProblemList) -> Int? {
        guard let first = lines.first, first == "---" else {
            problems.report(
                .missing, line: 1, key: "file", expected: "front matter that begins with `---`",
                found: lines.first.map { $0.isEmpty ? "an empty line" : "`\($0.prefix(60))`" } ?? "nothing")
            return nil
        }
        guard let end = lines.dropFirst().prefix(maximumLines + 1).firstIndex(of: "---") else {
            problems.report(
                .syntax, line: 1, key: "file", expected: "a line `---` that ends the front matter within \(maximumLines) lines",
                found: "none")
            return nil
        }
        let size = lines[1..<end].reduce(0) { $0 + $1.utf8.count + 1 }
        guard size <= maximumBytes else {
            problems.report(
                .invalid, line: 1, key: "file", expected: "front matter of at most \(maximumBytes) bytes", found: "\(size) bytes")
            return nil
        }
        return end
    }

    init?(lines: ArraySlice<String>, _ problems: ProblemList) {
        // One empty line stands for the first `---`, so that the parser counts the lines of the file.
        guard let reader = FrontMatterReader(yaml: "\n" + lines.joined(separator: "\n"), problems) else { return nil }
        reader.allow(Self.keys)
        id = reader.text("id", expected: "small letters, digits and `-`, beginning with a letter", where: Self.isIdentifier)
        title = reader.text("title", expected: "a title of at most 120 characters") { $0.count <= 120 }
        version = reader.text("version", expected: "numbers with dots, for instance `1.2`", where: Self.isVersion)
        lastUpdated = reader.text("last_updated", expected: "a date `YYYY-MM-DD`", where: Self.isDate)
        tags = reader.texts("tags", expected: "a tag of at most 60 characters") { $0.count <= 60 }
        let personas = Persona.allCases.map(\.rawValue)
        let audience = reader.texts("audience", expected: "one of `\(personas.joined(separator: "`, `"))`", where: personas.contains)
        self.audience = Set(audience.compactMap(Persona.init))
        let states = Article.Status.allCases.map(\.rawValue)
        status = reader.text("status", expected: "one of `\(states.joined(separator: "`, `"))`", where: states.contains)
            .flatMap(Article.Status.init)
        supersedes =
            reader.has("supersedes")
            ? reader.texts("supersedes", expected: "the id of an article", where: Self.isIdentifier) : []
        self.lines = reader.lines
    }

    private static func isIdentifier(_ text: String) -> Bool {
        guard let first = text.utf8.first, (0x61...0x7A).contains(first), text.utf8.count <= 80, text.utf8.last != 0x2D else { return false }
        return text.utf8.allSatisfy { (0x61...0x7A).contains($0) || (0x30...0x39).contains($0) || $0 == 0x2D }
    }

    private static func isVersion(_ text: String) -> Bool {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        return parts.count <= 3 && parts.allSatisfy { (1...6).contains($0.utf8.count) && $0.utf8.allSatisfy { (0x30...0x39).contains($0) } }
    }

    private static func isDate(_ text: String) -> Bool {
        text.utf8.count == 10 && RFC3339.date(text + "T00:00:00Z") != nil
    }
}
