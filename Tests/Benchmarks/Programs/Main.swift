import ArgumentParser

/// What `make bench` needs besides the shipped executables: a broker to hold, a server to compare with, and functions to time without a pipeline.
@main
struct BenchmarkPrograms: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "benchmarks", abstract: "The parts of `make bench` that are written in Swift.",
        subcommands: [BrokerCommand.self, EchoCommand.self, ClassifierCommand.self, RetrievalCommand.self, TriageCommand.self])
}
