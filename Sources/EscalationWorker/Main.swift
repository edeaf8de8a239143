import ArgumentParser
import Domain
import Launch
import WorkerLaunch

@main
struct EscalationWorkerCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "escalation-worker",
        abstract: "Applies the escalation policy and the SLA clocks: reads helpdesk.changes, writes PostgreSQL, tells helpdesk.escalations.",
        discussion: "Run as many as there are partitions; they share the work through their Kafka consumer group.",
        subcommands: [DeadLettersCommand<EscalationDeadLetters>.self])

    static func main() async { await launch(keys: WorkerProcess.keys) }
}

enum EscalationDeadLetters: DeadLetterScope {
    static let program = "escalation-worker"
    static let readers = [DeadLetterReader(consumer: "escalation", topic: Topics.changes)]
    static let tolerated = WorkerProcess.keys
}
