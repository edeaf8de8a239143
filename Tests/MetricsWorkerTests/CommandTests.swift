import ArgumentParser
import Testing

@testable import MetricsWorker

@Suite("metrics-worker's command line")
struct CommandTests {
    @Test func helpNamesTheCommands() {
        #expect(MetricsWorkerCommand.helpMessage(columns: 140).contains("dead-letters"))
    }
}
