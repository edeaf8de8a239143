import Foundation
import Intelligence

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
}
