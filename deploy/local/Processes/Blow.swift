import Foundation

/// One act of violence.
enum Blow: String, CaseIterable, Sendable {
    case classifier = "kill -9 classifier-worker"
    case escalation = "kill -9 escalation-worker"
    case metrics = "kill -9 metrics-worker"
    case gateway = "kill -9 gateway"
    case databaseAtOnce = "restart of PostgreSQL without a checkpoint"
    case databaseInOrder = "restart of PostgreSQL"

    /// Those that fall on our own executables.
    static let onPrograms: [Blow] = [.classifier, .escalation, .metrics, .gateway]

    func isAimedAt(_ row: ProcessRow) -> Bool {
        switch self {
        case .classifier: row.name.hasPrefix(WorkerKind.classifier.rawValue)
        case .escalation: row.name.hasPrefix(WorkerKind.escalation.rawValue)
        case .metrics: row.name.hasPrefix(WorkerKind.metrics.rawValue)
        case .gateway: row.name == "ingest"
        case .databaseAtOnce, .databaseInOrder: row.name == "postgres"
        }
    }

    var signal: Int32 {
        switch self {
        case .classifier, .escalation, .metrics, .gateway: SIGKILL
        case .databaseAtOnce: SIGQUIT
        case .databaseInOrder: SIGINT
        }
    }
}
