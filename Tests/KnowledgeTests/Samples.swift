import Domain
import Foundation

@testable import Knowledge

/// Texts of articles for tests.
enum Samples {
    /// A file whose front matter is right, with chosen values.
    static func file(
        _ name: String = "a.md", id: String = "a", title: String = "Title", version: String = "1.0", tags: String = "[tag]",
        audience: String = "[trainee, instructor, operator, support_engineer, admin]", status: String = "current",
        supersedes: String? = nil, body: String = "## Heading\n\nText.\n"
    ) -> ArticleFile {
        var lines = [
            "---", "id: \(id)", "title: \(title)", "version: \(version)", "last_updated: 2025-01-31", "tags: \(tags)",
            "audience: \(audience)", "status: \(status)"
        ]
        if let supersedes { lines.append("supersedes: \(supersedes)") }
        return ArticleFile(name: name, text: (lines + ["---", "", body]).joined(separator: "\n"))
    }

    static func chunks(_ body: String, id: String = "a") throws -> [Chunk] {
        try Article.parse(file(id: id, body: body)).chunks
    }

    static func library(_ files: ArticleFile...) throws -> ArticleLibrary { try ArticleLibrary.load(files: files) }
}

/// The articles that ship in `kbs`.
enum Shipped {
    static let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        .appending(path: "kbs").path

    static func files() throws -> [ArticleFile] { try ArticleFile.read(folder: folder) }
    static func library() throws -> ArticleLibrary { try ArticleLibrary.load(files: files()) }

    /// Read once for all tests of retrieval.
    static let retriever: Result<Retriever, any Error> = Result { Retriever(library: try library()) }
}
