import ArgumentParser
import Domain
import Launch
import WorkerLaunch

@main
struct MetricsWorkerCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "metrics-worker",
        abstract: "Files facts and rollups for dashboards: reads helpdesk.metrics, writes PostgreSQL.",
        discussion: "Run as many as there are partitions; they share the work through their Kafka consumer group.",
        subcommands: [DeadLettersCommand<MetricsDeadLetters>.self])

    static func main() async { await launch(keys: WorkerProcess.keys) }
}

enum MetricsDeadLetters: DeadLetterScope {
    static let program = "metrics-worker"
    static let readers = [DeadLetterReader(consumer: "metrics", topic: Topics.metrics)]
    static let tolerated = WorkerProcess.keys
}
