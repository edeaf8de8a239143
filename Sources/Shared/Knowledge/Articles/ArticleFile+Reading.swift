import Foundation

extension ArticleFile {
    /// The Markdown files of a folder, by name. Folders inside it are not entered.
    ///
    /// - Throws: `InvalidArticles` when the folder cannot be listed, or a file cannot be read or is not UTF-8.
    public static func read(folder: String) throws(InvalidArticles) -> [ArticleFile] {
        let names: [String]
        do {
            names = try FileManager.default.contentsOfDirectory(atPath: folder).filter { $0.hasSuffix(".md") }.sorted()
        } catch {
            throw InvalidArticles(problems: [
                ArticleProblem(
                    code: .missing, file: folder, line: 1, key: "file", expected: "a folder of articles that can be read",
                    found: "\(error.localizedDescription)")
            ])
        }
        var files: [ArticleFile] = []
        var problems: [ArticleProblem] = []
        for name in names {
            let data = FileManager.default.contents(atPath: "\(folder)/\(name)")
            if let data, let text = String(validating: data, as: UTF8.self) {
                files.append(ArticleFile(name: name, text: text))
            } else {
                problems.append(
                    ArticleProblem(
                        code: .invalid, file: name, line: 1, key: "file", expected: "a readable UTF-8 text",
                        found: data == nil ? "a file that cannot be read" : "bytes that are not UTF-8"))
            }
        }
        guard problems.isEmpty else { throw InvalidArticles(problems: problems) }
        return files
    }
}
