import Domain
import Foundation
import Intelligence
import Launch
import Logging
import ServiceLifecycle
import Stores
import WorkerLaunch
import WorkerRuntime

/// Puts Triage together.
enum TriageWorker {
    /// The name in the inbox.
    static let consumer = "triage"

    static let taxonomy = ConfigurationKey(
        "classifier.taxonomy", .text, default: "deploy/config/taxonomy.yaml", "Categories, rules and examples.")
    static let guardrails = ConfigurationKey(
        "classifier.guardrails", .text, default: "deploy/config/guardrails.yaml", "Requests that are refused.")
    static let keys: [any DeclaredKey] = WorkerProcess.keys + [taxonomy, guardrails]

    /// Its services in a worker process, in order of dependency. `KnowledgeReload` is not among them: other stages use the articles too.
    ///
    /// - Parameter requestsEnrichment: a language model is asked to look at what is submitted.
    static func services(
        _ process: WorkerProcess, classifier: TriageClassifier, knowledge: ActiveKnowledge, requestsEnrichment: Bool = false
    ) throws -> [any Service] {
        let stage = TriageStage<PostgresTicketTransaction>(
            classifier: classifier, knowledge: knowledge, requestsEnrichment: requestsEnrichment)
        return [
            ParkedReplyExpiry(ledger: process.ledger, publisher: process.publisher, logger: process.logger),
            try process.worker(stage, consumer: consumer, topics: [Topics.tickets], fallbackType: TicketSubmitted.type)
        ]
    }

    static func classifier(_ configuration: LaunchConfiguration, _ logger: Logger) throws -> TriageClassifier {
        let started = ContinuousClock.now
        let taxonomy = configuration[taxonomy], guardrails = configuration[guardrails]
        let classifier = try TriageClassifier(
            taxonomyText: read(taxonomy, key: "classifier.taxonomy"), taxonomyName: taxonomy,
            guardrailsText: read(guardrails, key: "classifier.guardrails"), guardrailsName: guardrails)
        logger.info(
            "classifier is ready",
            metadata: [
                "taxonomy": "\(classifier.taxonomy.version)", "guardrails": "\(classifier.guardrails.version)",
                "model": "\(classifier.model.version)", "took": "\(started.duration(to: .now))"
            ])
        return classifier
    }

    private static func read(_ path: String, key: String) throws -> String {
        do {
            return try String(contentsOfFile: path, encoding: .utf8)
        } catch {
            throw ExitReason.usage(
                "\(key): expected a readable UTF-8 file, found none at '\(path)'", next: "give its path with --\(key.replacing(".", with: "-"))")
        }
    }
}
