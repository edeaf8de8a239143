/// All articles that may be answered from, checked against each other.
public struct ArticleLibrary: Sendable {
    /// By id.
    public let articles: [Article]
    /// Of all files together, independent of their order: 12 hexadecimal digits. Stored with each answer.
    public let version: String
    /// The current article that replaces a deprecated one in the end.
    public let successors: [String: String]

    /// Reads articles and checks them: every file by itself, then ids, succession and links between them.
    ///
    /// - Throws: `InvalidArticles` with every problem of every file.
    public static func load(files: [ArticleFile]) throws(InvalidArticles) -> ArticleLibrary {
        let (articles, problems) = read(files)
        guard problems.isEmpty else { throw InvalidArticles(problems: problems) }
        return ArticleLibrary(articles: articles, files: files)
    }

    /// What is wrong with the files, by file and line; empty when they can be loaded. For a lint command.
    public static func problems(in files: [ArticleFile]) -> [ArticleProblem] {
        InvalidArticles(problems: read(files).problems).problems
    }

    private static func read(_ files: [ArticleFile]) -> (articles: [Article], problems: [ArticleProblem]) {
        var articles: [Article] = []
        var problems: [ArticleProblem] = []
        for file in files {
            do {
                articles.append(try Article.parse(file))
            } catch {
                problems += error.problems
            }
        }
        problems += LibraryChecks(articles: articles, fileNames: files.map(\.name), isComplete: problems.isEmpty).problems
        return (articles, problems)
    }

    private init(articles: [Article], files: [ArticleFile]) {
        self.articles = articles.sorted { $0.id < $1.id }
        version = contentHash(files.sorted { ($0.name, $0.text) < ($1.name, $1.text) }.flatMap { [$0.name, $0.text] })
        successors = Succession(articles).successors
    }

    /// Every chunk, deprecated ones too, by article id and then in the order of the file.
    public var chunks: [Chunk] { articles.flatMap(\.chunks) }

    /// The chunk that a citation `articleID@version#section` names, nil when there is none in this library.
    public func chunk(_ citation: String) -> Chunk? {
        guard let at = citation.firstIndex(of: "@") else { return nil }
        return article(String(citation[..<at]))?.chunks.first { $0.id == citation }
    }

    /// The article with this id.
    public func article(_ id: String) -> Article? {
        articles.first { $0.id == id }
    }
}
