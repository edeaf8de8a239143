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
        discussion: "Run as many as there are partitions; they share the work through their Kafka consumer group.",
        subcommands: [Run.self, ClassifyCommand.self, KnowledgeCommand.self, DeadLettersCommand<ClassifierDeadLetters>.self], defaultSubcommand: Run.self)

    static func main() async { await launch(keys: TriageWorker.keys + KnowledgeCommand.keys, explain: KnowledgeCommand.reason) }
}

struct Run: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Consume and classify until SIGTERM.",
        discussion: settingsHelp(for: TriageWorker.keys))

    @OptionGroup var options: CommonOptions

    func run() async throws {
        let configuration = try options.load(keys: TriageWorker.keys, tolerated: KnowledgeCommand.keys)
        configuration.startLogging()
        let logger = Logger(label: "classifier-worker")
        let classifier = try TriageWorker.classifier(configuration, logger)
        let process = try WorkerProcess(name: "classifier-worker", configuration, logger: logger)
        let knowledge = ActiveKnowledge()
        let triage = try TriageWorker.services(process, classifier: classifier, knowledge: knowledge)
        try await process.run([KnowledgeReload(process, knowledge)] + triage)
    }
}

enum ClassifierDeadLetters: DeadLetterScope {
    static let program = "classifier-worker"
    static let readers = [DeadLetterReader(consumer: TriageWorker.consumer, topic: Topics.tickets)]
    static let tolerated = TriageWorker.keys + KnowledgeCommand.keys
}
