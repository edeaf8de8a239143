import ArgumentParser
import Testing

@testable import MetricsWorker

@Suite("metrics-worker's command line")
struct CommandTests {
    @Test func helpNamesTheCommands() {
        let help = MetricsWorkerCommand.helpMessage(columns: 140)
        for command in ["run", "verify", "report", "dead-letters"] { #expect(help.contains(command)) }
        #expect(Run.helpMessage(columns: 140).contains("--housekeeping-facts-retention"))
    }

    @Test(arguments: [
        ["report", "--period", "last week"], ["report", "--by", "colour"], ["verify", "--until", "tomorrow"], ["verify", "--wait", "0"],
        ["verify", "--from", "2026-13-01"]
    ]) func mistakesAreSaid(arguments: [String]) async throws {
        var error: (any Error)?
        do {
            var command = try MetricsWorkerCommand.parseAsRoot(arguments)
            if var asynchronous = command as? any AsyncParsableCommand { try await asynchronous.run() } else { try command.run() }
        } catch let thrown {
            error = thrown
        }
        let message = MetricsWorkerCommand.message(for: try #require(error))
        #expect(message.contains(arguments[2]), "\(message)")
    }
}
