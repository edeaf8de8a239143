import Domain
import Foundation
import Intelligence
import Launch
import Logging
import Policy
import ServiceLifecycle
import Stores
import WorkerLaunch
import WorkerRuntime

/// Puts the worker's services together, in order of dependency.
struct EscalationWorker {
    /// The name in the inbox.
    static let consumer = "escalation"

    static let policy = ConfigurationKey(
        "escalation.policy", .text, default: "deploy/config/escalation-policy.yaml", "When tickets go to a human, and how long they may take.")
    static let taxonomy = ConfigurationKey(
        "escalation.taxonomy", .text, default: "deploy/config/taxonomy.yaml", "Categories that the policy's rules may name.")
    static let timerInterval = ConfigurationKey(
        "escalation.timer-interval", .duration(.milliseconds(10)...(.seconds(60))), default: .seconds(1),
        "How long the timers sleep at most: others may set an earlier one.")
    static let keys: [any DeclaredKey] = WorkerProcess.keys + [policy, taxonomy, timerInterval]

    let process: WorkerProcess
    let services: [any Service]

    init(_ configuration: LaunchConfiguration, logger: Logger) throws {
        let path = configuration[Self.policy]
        let policy: EscalationPolicy
        do {
            policy = try PolicyReading.policy(
                at: path, named: "escalation.policy", categories: PolicyReading.categories(at: configuration[Self.taxonomy]))
        } catch let invalid as InvalidPolicy {
            throw ExitReason.usage(
                "escalation.policy: expected a policy without mistakes, found \(invalid.problems.count):\n\(invalid)",
                next: "Mend them; `escalation-worker check-policy \(path)` tells when it is fine.")
        }
        logger.info("policy is ready", metadata: ["policy": "\(policy.version)", "rules": "\(policy.rules.count)"])
        process = try WorkerProcess(name: "escalation-worker", configuration, logger: logger)
        let recorder = EscalationRecorder<PostgresTicketTransaction>(evaluator: EscalationEvaluator(policy: policy))
        services = [
            TimerService(
                ledger: process.ledger, publisher: process.publisher, recorder: recorder, interval: configuration[Self.timerInterval],
                metrics: TimerMetrics(process.metrics), logger: logger),
            try process.worker(EscalationStage(recorder: recorder), consumer: Self.consumer, topics: [Topics.changes]) {
                // Other readers of the topic may be sent types of their own.
                $0.ignoresOtherTypes = true
            }
        ]
    }
}

/// Reads the files that a policy is checked with.
enum PolicyReading {
    /// - Parameter name: the setting or operand that gave the path, for the message.
    static func policy(at path: String, named name: String, categories: [String]?) throws -> EscalationPolicy {
        try EscalationPolicy(text: read(path, name), name: path, categories: categories)
    }

    /// The ids of the taxonomy's categories.
    static func categories(at path: String) throws -> [String] {
        let text = try read(path, "escalation.taxonomy")
        do {
            return try Taxonomy(text: text, name: path).categories.map(\.id)
        } catch {
            throw ExitReason.usage(
                "escalation.taxonomy: expected a taxonomy without mistakes, found some:\n\(error)", next: "Mend them, or name another file.")
        }
    }

    private static func read(_ path: String, _ name: String) throws -> String {
        do {
            return try String(contentsOfFile: path, encoding: .utf8)
        } catch {
            throw ExitReason.usage(
                "\(name): expected a readable UTF-8 file, found none at '\(path)'", next: "Give the path of one.")
        }
    }
}
