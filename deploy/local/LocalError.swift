import Kafka
package import Launch
import Postgres

/// Why the local stack could not do something: a stable code for scripts, what happened, and what to do.
package struct LocalError: Error, Sendable, CustomStringConvertible {
    package let code: String
    package let message: String
    package let advice: String

    package init(_ code: String, _ message: String, next advice: String) {
        self.code = code
        self.message = message
        self.advice = advice
    }

    package var description: String { "\(code): \(message). \(advice)" }

    /// Gives each error its exit code: what is away or in the way is 69.
    package static func explain(_ error: any Error) -> ExitReason? {
        switch error {
        case let error as LocalError: ExitReason(.unavailable, "\(error.code): \(error.message)", next: error.advice)
        case let error as KafkaError where error.code == "CONFIGURATION":
            ExitReason(
                .usage, "\(error)", next: "Correct it in the variables KAFKA_PROPERTY_... (security.protocol is KAFKA_PROPERTY_SECURITY_PROTOCOL).")
        case let error as KafkaError: ExitReason(.unavailable, "\(error)", next: "Run `helpdesk status` to see whether the broker is there.")
        case let error as PostgresError: ExitReason(.unavailable, "\(error)", next: "Run `helpdesk status` to see whether the database is there.")
        case let error as PoolError: ExitReason(.unavailable, "\(error)", next: "Run `helpdesk status` to see whether the database is there.")
        default: nil
        }
    }
}
