import ArgumentParser
import Domain
import Launch
import Logging
import WorkerLaunch

@main
struct EscalationWorkerCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "escalation-worker",
        abstract: "Applies the escalation policy and the SLA clocks: reads helpdesk.changes, writes PostgreSQL, tells helpdesk.escalations.",
        discussion: """
            Run one or more, at most as many as there are partitions; they share the work through their Kafka consumer group, and the timers through the database.
            What a ticket was escalated for stands in its decision: the rule, what it saw, and the version of the policy.
            Before you change the policy: check-policy names mistakes, replay-policy tells what it would have decided about past tickets.
            """,
        subcommands: [Run.self, CheckPolicy.self, ReplayPolicy.self, DeadLettersCommand<EscalationDeadLetters>.self],
        defaultSubcommand: Run.self)

    static func main() async { await launch(keys: EscalationWorker.keys) }
}

struct Run: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Evaluate tickets and run their timers until SIGTERM.",
        discussion: settingsHelp(for: EscalationWorker.keys))

    @OptionGroup var options: CommonOptions

    func run() async throws {
        let configuration = try options.load(keys: EscalationWorker.keys)
        configuration.startLogging()
        let logger = Logger(label: "escalation-worker")
        let worker = try EscalationWorker(configuration, logger: logger)
        try await worker.process.run(worker.services)
    }
}

enum EscalationDeadLetters: DeadLetterScope {
    static let program = "escalation-worker"
    static let readers = [DeadLetterReader(consumer: EscalationWorker.consumer, topic: Topics.changes)]
    static let tolerated = EscalationWorker.keys
}
