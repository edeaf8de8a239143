import ArgumentParser
import Testing

@testable import EscalationWorker

@Suite("escalation-worker's command line")
struct CommandTests {
    @Test func helpNamesTheCommands() {
        #expect(EscalationWorkerCommand.helpMessage(columns: 140).contains("dead-letters"))
    }
}
