import ArgumentParser
import Domain
import Launch
import Logging
import WorkerLaunch

@main
struct ClassifierWorkerCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "classifier-worker",
        abstract: "Classifies tickets: reads helpdesk.tickets, writes PostgreSQL, tells helpdesk.changes.",
        discussion: "Run as many as there are partitions; they share the work through their Kafka consumer group.",
        subcommands: [Run.self, ClassifyCommand.self, DeadLettersCommand<ClassifierDeadLetters>.self], defaultSubcommand: Run.self)

    static func main() async { await launch(keys: TriageWorker.keys) }
}

struct Run: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Consume and classify until SIGTERM.",
        discussion: settingsHelp(for: TriageWorker.keys))

    @OptionGroup var options: CommonOptions

    func run() async throws {
        let configuration = try options.load(keys: TriageWorker.keys)
        configuration.startLogging()
        let logger = Logger(label: "classifier-worker")
        let worker = try TriageWorker(configuration, logger: logger)
        try await worker.process.run(worker.services)
    }
}

enum ClassifierDeadLetters: DeadLetterScope {
    static let program = "classifier-worker"
    static let readers = [DeadLetterReader(consumer: TriageWorker.consumer, topic: Topics.tickets)]
    static let tolerated = TriageWorker.keys
}
