import Domain
import Kafka
import Launch
import Postgres
import Stores

/// What the gateway's errors mean for whoever started it.
enum Explanation {
    static func reason(_ error: any Error) -> ExitReason? {
        switch error {
        case let error as CannotListen:
            .unavailable("\(error)", next: "Choose a free port with --http-port, or 0 for any.")
        case let error as CertificateError: .usage("\(error)", next: "Correct tls.certificate and tls.key.")
        case let error as KafkaError where error.code == "CONFIGURATION":
            .usage("\(error)", next: "Correct it in kafka.properties (--kafka-property NAME=VALUE).")
        case let error as PostgresError where error.kind == .connection:
            .unavailable("\(error)", next: "Check database.url and that PostgreSQL runs.")
        case let error as PostgresError where ["42P01", "3F000"].contains(error.sqlState):
            .unavailable("\(error)", next: "Run `ingest init-db` first.")
        case let error as InvalidField: .usage("\(error)", next: "Correct it.")
        case IdentityRefusal.loginTaken: .usage("an account has this login", next: "Choose another, or have an administrator reset its password.")
        case IdentityRefusal.requesterTaken: .usage("another account stands for this requester", next: "Choose another --requester.")
        case IdentityRefusal.unknownRole:
            .usage("there is no such role", next: "Run `ingest seed-roles`, or name a role that exists.")
        case let error as MigrationError: .unavailable("\(error)", next: "")
        case let error as TransactionError: reason(error.primary)
        default: nil
        }
    }
}
