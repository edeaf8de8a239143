extension Article {
    /// No article of people is longer; what is longer is a mistake. In bytes.
    public static let maximumBytes = 256 * 1024

    /// Reads one article.
    ///
    /// - Throws: `InvalidArticles` with every problem of the file.
    public static func parse(_ file: ArticleFile) throws(InvalidArticles) -> Article {
        let problems = ProblemList(file: file.name)
        guard let article = read(file, problems), problems.isEmpty else { throw InvalidArticles(problems: problems.all) }
        return article
    }

    private static func read(_ file: ArticleFile, _ problems: ProblemList) -> Article? {
        guard file.text.utf8.count <= maximumBytes else {
            problems.report(
                .invalid, line: 1, key: "file", expected: "at most \(maximumBytes) bytes", found: "\(file.text.utf8.count) bytes")
            return nil
        }
        let lines = TextLines.split(file.text)
        if let line = lines.firstIndex(where: TextLines.hasControlCharacter) {
            problems.report(.invalid, line: line + 1, key: "file", expected: "text", found: "a control character")
            return nil
        }
        guard let end = FrontMatter.end(of: lines, problems),
            let header = FrontMatter(lines: lines[1..<end], problems)
        else { return nil }
        let body = MarkdownBody(lines: lines, from: end + 1, problems)
        if body.sections.isEmpty {
            problems.report(.missing, line: lines.count, key: "body", expected: "at least one section with text", found: "nothing")
        }
        guard let id = header.id, let title = header.title, let version = header.version, let lastUpdated = header.lastUpdated,
            let status = header.status
        else { return nil }
        var article = Article(
            file: file.name, id: id, title: title, version: version, lastUpdated: lastUpdated, tags: header.tags,
            audience: header.audience, status: status, supersedes: header.supersedes, chunks: [],
            contentVersion: contentHash(file.text), lines: header.lines, links: body.links)
        article.chunks = article.chunks(of: body)
        return article
    }
}

/// Collects the problems of one file.
final class ProblemList {
    let file: String
    private(set) var all: [ArticleProblem] = []

    init(file: String) {
        self.file = file
    }

    var isEmpty: Bool { all.isEmpty }

    func report(_ code: ArticleProblem.Code, line: Int, key: String, expected: String, found: String) {
        all.append(ArticleProblem(code: code, file: file, line: line, key: key.isEmpty ? "file" : key, expected: expected, found: found))
    }
}
