import HelpdeskLocal

/// The processes of the pipeline, by the executable that they run. Several of each run.
enum ProcessKind: String, Sendable, CaseIterable {
    case gateway = "ingest"
    case classifier = "classifier-worker"
    case escalation = "escalation-worker"
    case metrics = "metrics-worker"

    static let workers: [ProcessKind] = [.classifier, .escalation, .metrics]
}
