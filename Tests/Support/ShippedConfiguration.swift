import Foundation
public import Intelligence
public import Knowledge

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

/// The articles that ship, and what answers from them.
public let shippedLibrary: ArticleLibrary = {
    do {
        return try ArticleLibrary.load(files: shippedArticles)
    } catch {
        preconditionFailure("the shipped articles do not load: \(error)")
    }
}()

public let shippedArticles: [ArticleFile] = {
    let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../kbs").standardized.path
    do {
        return try ArticleFile.read(folder: folder)
    } catch {
        preconditionFailure("the shipped articles cannot be read: \(error)")
    }
}()

public let shippedAnswerer = TicketAnswerer(library: shippedLibrary)
