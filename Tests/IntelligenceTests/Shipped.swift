import Foundation
import Intelligence
import Knowledge

/// The files that ship, read once.
enum Shipped {
    static let configuration = URL(filePath: #filePath)
        .deletingLastPathComponent().resolvingSymlinksInPath().deletingLastPathComponent().deletingLastPathComponent()
        .appending(path: "deploy/config")

    static func text(_ name: String) throws -> String {
        try String(contentsOf: configuration.appending(path: name), encoding: .utf8)
    }

    static let classifier: Result<TriageClassifier, any Error> = Result {
        try TriageClassifier(
            taxonomyText: text("taxonomy.yaml"), taxonomyName: "taxonomy.yaml", guardrailsText: text("guardrails.yaml"),
            guardrailsName: "guardrails.yaml")
    }

    static let library: Result<ArticleLibrary, any Error> = Result {
        let folder = configuration.deletingLastPathComponent().deletingLastPathComponent().appending(path: "kbs").path
        return try ArticleLibrary.load(files: ArticleFile.read(folder: folder))
    }
}
