import AsyncHTTPClient
import Domain
import Intelligence
import Launch
import ServiceLifecycle
import Stores
import WorkerLaunch
import WorkerRuntime

/// Puts Enrichment together.
enum EnrichmentWorker {
    /// The name in the inbox.
    static let consumer = "enrichment"

    /// Its services in a worker process, in order of dependency. `KnowledgeReload` is not among them: other stages use the articles too.
    ///
    /// - Parameters:
    ///   - isAlone: no other stage runs in the process: then it is not ready while the model is away. Beside Triage it is, because Triage
    ///     needs no model.
    static func services(
        _ process: WorkerProcess, settings: ModelSettings, classifier: TriageClassifier, knowledge: ActiveKnowledge, isAlone: Bool
    ) throws -> [any Service] {
        let client = HTTPClient.forModels()
        do {
            let model = try OpenAICompatibleModel(settings: settings, client: client, metrics: ModelMetrics(process.metrics))
            let stage = EnrichmentStage<PostgresTicketTransaction>(
                model: model, prompt: EnrichmentPrompt(taxonomy: classifier.taxonomy), policy: EnrichmentPolicy(classifier),
                answers: process.ledger, knowledge: knowledge)
            let parallelCalls = process.configuration[ModelKeys.parallelCalls]
            return [
                ModelClient(client: client),
                ModelHealthReporter(model: model, queries: ModelHealthQueries(process.pool), logger: process.logger),
                try process.worker(stage, consumer: consumer, topics: [Topics.enrichments], affectsReadiness: isAlone) {
                    adjust(&$0, parallelCalls: parallelCalls)
                }
            ]
        } catch {
            // One that was not shut down would end the process with words of its own.
            try? client.syncShutdown()
            throw error
        }
    }

    /// Little in hand: what a slow model holds, no other process can take.
    static func adjust(_ settings: inout WorkerSettings, parallelCalls: Int) {
        settings.decideChunk = 1
        settings.parallelDecides = parallelCalls
        settings.parallelCommits = 1
        settings.inHandLimit = max(64, parallelCalls * 2)
        settings.inHandBytes = 8 << 20
    }
}

extension EnrichmentPolicy {
    init(_ classifier: TriageClassifier) {
        self.init(
            confidenceThreshold: classifier.taxonomy.settings.confidenceThreshold, taxonomy: classifier.taxonomy.version,
            guardrails: classifier.guardrails.version)
    }
}
