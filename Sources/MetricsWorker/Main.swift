import ArgumentParser
import Domain
import Kafka
import Launch
import Logging
import Postgres
import WorkerLaunch

@main
struct MetricsWorkerCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "metrics-worker",
        abstract: "Files facts and rollups for dashboards: reads helpdesk.metrics, writes PostgreSQL.",
        discussion: "Run one or more, at most as many as there are partitions; they share the work through their Kafka consumer group.",
        subcommands: [Run.self, VerifyCommand.self, ReportCommand.self, DeadLettersCommand<MetricsDeadLetters>.self],
        defaultSubcommand: Run.self)

    static func main() async { await launch(keys: MetricsWorker.keys, explain: reason) }

    /// What the errors of commands that need only the database mean for whoever started them.
    static func reason(_ error: any Error) -> ExitReason? {
        switch error {
        case let error as PostgresError where error.kind == .connection:
            .unavailable("\(error)", next: "Check database.url and that PostgreSQL runs.")
        case let error as PostgresError where ["42P01", "3F000"].contains(error.sqlState):
            .unavailable("\(error)", next: "Run `ingest init-db` first.")
        case let error as TransactionError: reason(error.primary)
        case let error as KafkaError: .unavailable("\(error)", next: "Check kafka.brokers and that the brokers run.")
        default: nil
        }
    }
}

struct Run: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Consume, file and keep house until SIGTERM.", discussion: settingsHelp(for: MetricsWorker.keys))

    @OptionGroup var options: CommonOptions

    func run() async throws {
        let configuration = try options.load(keys: MetricsWorker.keys)
        configuration.startLogging()
        let worker = try MetricsWorker(configuration, logger: Logger(label: "metrics-worker"))
        try await worker.process.run(worker.services)
    }
}

enum MetricsDeadLetters: DeadLetterScope {
    static let program = "metrics-worker"
    static let readers = [DeadLetterReader(consumer: MetricsWorker.consumer, topic: Topics.metrics)]
    static let tolerated = MetricsWorker.keys
}
