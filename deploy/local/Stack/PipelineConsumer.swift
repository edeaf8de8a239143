import Domain
import WorkerLaunch

/// The consumers of the pipeline, by their names in the inbox, in the order in which a ticket meets them.
enum PipelineConsumer: String, Sendable, Hashable, CaseIterable {
    case triage, enrichment, escalation, metrics

    /// What it reads.
    var topic: String {
        switch self {
        case .triage: Topics.tickets
        case .enrichment: Topics.enrichments
        case .escalation: Topics.changes
        case .metrics: Topics.metrics
        }
    }

    /// Its Kafka consumer group.
    var group: String { WorkerProcess.group(of: rawValue) }

    /// Those that run: without a language model nobody reads the enrichments.
    static func running(hasModel: Bool) -> [PipelineConsumer] { hasModel ? allCases : allCases.filter { $0 != .enrichment } }
}
