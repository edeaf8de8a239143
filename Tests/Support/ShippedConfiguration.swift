import Foundation
public import Intelligence

/// The classifier of the shipped configuration, trained once: what tests say of Triage they say of the product.
public let shippedClassifier: TriageClassifier = {
    let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../deploy/config").standardized
    func text(_ name: String) throws -> String { try String(contentsOf: folder.appending(path: name), encoding: .utf8) }
    do {
        return try TriageClassifier(
            taxonomyText: text("taxonomy.yaml"), taxonomyName: "taxonomy.yaml", guardrailsText: text("guardrails.yaml"),
            guardrailsName: "guardrails.yaml")
    } catch {
        preconditionFailure("the shipped configuration does not load: \(error)")
    }
}()
