import ArgumentParser
import Foundation
import Logging

/// `helpdesk torture`.
struct TortureCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "torture",
        abstract: "Feed the running stack while killing its processes, then verify. Exit code 65 when an invariant is broken.")

    @OptionGroup var options: DirectoryOptions
    @Option(help: "How long to kill processes.")
    var seconds = 60
    @Option(help: "Tickets per second.")
    var rate = 50.0
    @Option(help: "Seed of the kills and of the mixture.")
    var seed: UInt64 = UInt64.random(in: 1...99_999)

    func validate() throws {
        guard seconds > 0 else { throw ValidationError("--seconds: expected more than 0, found \(seconds)") }
        guard rate > 0 else { throw ValidationError("--rate: expected more than 0, found \(rate)") }
    }

    func run() async throws {
        let (state, _) = try options.running()
        // What is killed complains; that is the point, and the table at the end has the say.
        let logger = Logger(label: "helpdesk") { _ in SwiftLogNoOpLogHandler() }
        let addresses = try state.mustBeReady().addresses
        let directory = options.directory
        print("feeding \(Int(rate)) tickets a second for \(seconds) s with duplicates, poison and replies; seed \(seed)")
        let feeder = Feeder(addresses, log: try AcknowledgedLog(directory.acknowledged), logger: logger)
        let mixture = FeedMixture(
            duplicates: 0.1, poison: 0.02, replies: 0.25, gateway: 0.15, past: 0.3, failures: 0.05, foreign: 0.05, bursts: 0.01,
            // Two in a partition that nobody reads meanwhile would hold up the feed.
            largePayloads: 1)
        let feeding = Task { [rate, seconds, seed] in
            try await feeder.run(Feeder.Options(rate: rate, count: Int(rate * Double(seconds)), mixture: mixture, seed: seed))
        }
        var killer = Killer(restartsDatabase: state.isDatabasePrivate, seed: seed)
        let kills = await killer.kill(for: .seconds(seconds), processes: { StackState.read(directory)?.processes ?? [] }) { line in
            print("\(line)   fed \(feeder.progress.tickets)")
        }
        print("waiting until everything is done")
        try await feeding.value
        let counts = feeder.progress
        print(
            "fed \(counts.tickets) tickets: \(counts.published) records and \(counts.posted) submissions acknowledged, \(counts.unknown) unanswered; "
                + kills.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)x" }.joined(separator: ", "))
        guard try await VerifyCommand.verify(addresses, directory, wait: .seconds(180), logger) else { throw ExitCode(65) }
    }
}
