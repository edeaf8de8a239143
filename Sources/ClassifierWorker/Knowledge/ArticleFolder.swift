import Knowledge
import Launch
import Stores

/// The articles of a folder, checked.
struct ArticleFolder {
    static let key = ConfigurationKey("knowledge.folder", .text, default: "kbs", "The folder of the articles, for classify and kb.")

    let path: String
    let files: [ArticleFile]
    let library: ArticleLibrary

    /// - Throws: `ExitReason` of code `invalid`; what is wrong has been printed before, by file and line.
    init(_ path: String) throws {
        self.path = path
        do {
            files = try ArticleFile.read(folder: path)
            library = try ArticleLibrary.load(files: files)
        } catch {
            for problem in error.problems { print(problem) }
            let count = error.problems.count
            throw ExitReason(
                .invalid, "\(count) problem\(count == 1 ? "" : "s") in the articles of '\(path)'",
                next: "correct what is listed by file and line, or name another folder")
        }
    }

    /// How a library of these files is stored.
    static func stored(_ library: ArticleLibrary, _ files: [ArticleFile]) -> [StoredArticle] {
        let texts = Dictionary(files.map { ($0.name, $0.text) }) { first, _ in first }
        return library.articles.map { article in
            StoredArticle(
                id: article.id, contentVersion: article.contentVersion, fileName: article.file, title: article.title, version: article.version,
                lastUpdated: article.lastUpdated, status: article.status.rawValue, text: texts[article.file] ?? "")
        }
    }

    /// For the first line of a report.
    var summary: String {
        let chunks = library.chunks.count
        return "library \(library.version): \(library.articles.count) articles, \(chunks) chunks in '\(path)'"
    }
}
