import YAML

/// What must hold between articles: ids are unique, `supersedes` leads somewhere and comes to an end in one current article, and links
/// between articles lead to files that exist.
struct LibraryChecks {
    private(set) var problems: [ArticleProblem] = []

    /// `isComplete` is false when some file could not be read: then a missing id is no problem of the article that names it.
    init(articles: [Article], fileNames: [String], isComplete: Bool) {
        if articles.isEmpty && isComplete {
            problems.append(
                ArticleProblem(code: .missing, file: "knowledge base", line: 1, key: "file", expected: "at least one article", found: "none"))
        }
        checkIdentifiers(articles)
        if isComplete { checkReferences(articles) }
        checkSuccession(articles)
        checkLinks(articles, Set(fileNames))
    }

    private mutating func report(_ code: ArticleProblem.Code, _ article: Article, key: String, expected: String, found: String) {
        problems.append(
            ArticleProblem(
                code: code, file: article.file, line: article.lines[key] ?? 1, key: key, expected: expected, found: found))
    }

    private mutating func checkIdentifiers(_ articles: [Article]) {
        var owners: [String: String] = [:]
        for article in articles {
            if let owner = owners[article.id] {
                report(.duplicate, article, key: "id", expected: "an id of its own", found: "`\(article.id)`, the id of \(owner)")
            } else {
                owners[article.id] = article.file
            }
        }
    }

    private mutating func checkReferences(_ articles: [Article]) {
        let ids = Set(articles.map(\.id))
        for article in articles {
            for older in article.supersedes where !ids.contains(older) {
                let hint = nearestKey(to: older, among: ids.sorted()).map { "an article's id, perhaps `\($0)`" } ?? "the id of an article"
                report(.unknownReference, article, key: "supersedes", expected: hint, found: "`\(older)`")
            }
        }
    }

    private mutating func checkSuccession(_ articles: [Article]) {
        let succession = Succession(articles)
        for article in articles where succession.circular.contains(article.id) {
            report(
                .succession, article, key: "supersedes", expected: "articles that do not supersede this one", found: "a cycle")
        }
        for chain in succession.chains where succession.circular.isDisjoint(with: chain) {
            let members = articles.filter { chain.contains($0.id) }
            let current = members.filter { $0.status == .current }
            guard current.count != 1, let first = members.min(by: { $0.file < $1.file }) else { continue }
            let names = chain.map { "`\($0)`" }.joined(separator: ", ")
            report(
                .succession, current.max { $0.file < $1.file } ?? first, key: "status", expected: "exactly one current article among \(names)",
                found: current.isEmpty ? "none" : current.map { "`\($0.id)`" }.sorted().joined(separator: ", "))
        }
    }

    private mutating func checkLinks(_ articles: [Article], _ fileNames: Set<String>) {
        for article in articles {
            for link in article.links where !fileNames.contains(link.target) {
                problems.append(
                    ArticleProblem(
                        code: .unknownReference, file: article.file, line: link.line, key: "body", expected: "a link to an article's file",
                        found: "`\(link.target.shown())`"))
            }
        }
    }
}
