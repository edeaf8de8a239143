import ArgumentParser
import Logging

/// `helpdesk feed`.
struct FeedCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "feed", abstract: "Feed sample tickets to the running stack and note what was acknowledged.")

    @OptionGroup var options: DirectoryOptions
    @OptionGroup var mixture: MixtureOptions
    @Option(help: "Tickets per second; without it as fast as they are taken.")
    var rate: Double?
    @Option(help: "Tickets to feed.")
    var count = 300

    func validate() throws {
        if let rate, rate <= 0 { throw ValidationError("--rate: expected more than 0, found \(rate)") }
        guard count > 0 else { throw ValidationError("--count: expected more than 0, found \(count)") }
    }

    func run() async throws {
        let (state, logger) = try options.running()
        let feeder = Feeder(
            try state.mustBeReady().addresses, log: try AcknowledgedLog(options.directory.acknowledged), logger: logger)
        let started = ContinuousClock.now
        try await feeder.run(Feeder.Options(rate: rate, count: count, mixture: mixture.mixture, seed: mixture.seed))
        let counts = feeder.progress
        let seconds = (ContinuousClock.now - started) / .seconds(1)
        print(
            "fed \(counts.tickets) tickets in \(Int(seconds.rounded(.up))) s: \(counts.published) records and \(counts.posted) submissions acknowledged, \(counts.unknown) unanswered"
        )
        for refusal in Set(counts.refused).prefix(3) { print("the gateway refused: \(refusal)") }
        if !counts.refused.isEmpty { throw ExitCode(65) }
    }
}
