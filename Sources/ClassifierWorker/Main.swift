import ArgumentParser
import Domain
import Launch
import Logging
import WorkerLaunch

@main
struct ClassifierWorkerCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "classifier-worker",
        abstract: "Classifies and answers tickets: reads helpdesk.tickets, writes PostgreSQL, tells helpdesk.changes.",
        discussion: "Run one or more, at most as many as there are partitions; they share the work through their Kafka consumer group.",
        subcommands: [Run.self, ClassifyCommand.self, KnowledgeCommand.self, DeadLettersCommand<ClassifierDeadLetters>.self],
        defaultSubcommand: Run.self)

    static func main() async { await launch(keys: ClassifierApplication.keys + KnowledgeCommand.keys, explain: KnowledgeCommand.reason) }
}

struct Run: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Consume and classify until SIGTERM.",
        discussion: settingsHelp(for: ClassifierApplication.keys))

    @OptionGroup var options: CommonOptions

    func run() async throws {
        let configuration = try options.load(keys: ClassifierApplication.keys, tolerated: KnowledgeCommand.keys)
        configuration.startLogging()
        let application = try ClassifierApplication(configuration, logger: Logger(label: "classifier-worker"))
        try await application.process.run(application.services)
    }
}

enum ClassifierDeadLetters: DeadLetterScope {
    static let program = "classifier-worker"
    static let readers = [
        DeadLetterReader(consumer: TriageWorker.consumer, topic: Topics.tickets),
        DeadLetterReader(consumer: EnrichmentWorker.consumer, topic: Topics.enrichments)
    ]
    static let tolerated = ClassifierApplication.keys + KnowledgeCommand.keys
}
