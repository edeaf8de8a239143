import ArgumentParser
import Foundation
import Launch
import Logging
import Observability

/// `helpdesk up`.
struct UpCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "up", abstract: "Start everything, feed sample tickets, show what happens; Control-C ends it all.")

    @OptionGroup var options: DirectoryOptions
    @OptionGroup var mixture: MixtureOptions

    @OptionGroup var model: ModelOptions

    @Option(help: "Classifier workers.")
    var workers = 1
    @Option(help: "Escalation workers.")
    var escalationWorkers = 1
    @Option(help: "Metrics workers.")
    var metricsWorkers = 1
    @Option(help: "Partitions of each topic. Only for topics that do not exist yet.")
    var partitions = 12
    @Option(help: "Port of the gateway; another one is taken when it is not free, 0 takes any.")
    var httpPort: UInt16 = 8080
    @Option(help: "Sample tickets to feed; 0 for none.")
    var feed = 300
    @Option(help: "Sample tickets per second.")
    var rate = 40.0
    @Option(help: "Directory with taxonomy.yaml, guardrails.yaml and escalation-policy.yaml; found in deploy/config otherwise.")
    var configuration: String?
    @Option(help: "Directory of the articles; found in kbs otherwise.")
    var articles: String?

    func validate() throws {
        for (name, count) in [("workers", workers), ("escalation-workers", escalationWorkers), ("metrics-workers", metricsWorkers)]
        where !(1...64).contains(count) {
            throw ValidationError("--\(name): expected 1 to 64, found \(count)")
        }
        guard (1...256).contains(partitions) else { throw ValidationError("--partitions: expected 1 to 256, found \(partitions)") }
        guard rate > 0 else { throw ValidationError("--rate: expected more than 0, found \(rate)") }
    }

    func run() async throws {
        let directory = options.directory
        try directory.create()
        startLogging(level: .info, format: .text, sink: try FileLog.sink(directory.log("helpdesk")))
        let logger = Logger(label: "helpdesk")
        let environment = ProcessInfo.processInfo.environment
        var stackOptions = StackOptions()
        stackOptions.workers = WorkerCounts(classifier: workers, escalation: escalationWorkers, metrics: metricsWorkers)
        stackOptions.model = model.choice(in: environment)
        stackOptions.partitions = partitions
        stackOptions.httpPort = httpPort
        stackOptions.brokers = EnvCommand.foreign("KAFKA_BROKERS", own: EnvCommand.ownBrokers, in: environment)
        stackOptions.databaseURL = EnvCommand.foreign("DATABASE_URL", own: EnvCommand.ownDatabase, in: environment)
        if stackOptions.brokers != nil { stackOptions.kafkaProperties = KafkaVariables.properties(in: environment) }
        let stack = Stack(
            options: stackOptions, directory: directory, executables: try Executables.find(configuration: configuration, articles: articles),
            logger: logger,
            say: { Terminal.print($0) })
        let run = UpService(
            stack: stack, directory: directory,
            feed: Feeder.Options(rate: rate, count: feed, mixture: mixture.mixture, seed: mixture.seed), logger: logger)
        try await runServices(
            [run], logger: logger, limits: ShutdownLimits(graceful: .seconds(45), hard: .seconds(55)), explain: { LocalError.explain($0) })
    }
}

/// A log that goes to a file, because the terminal belongs to the live view.
enum FileLog {
    static func sink(_ path: String) throws -> LogSink {
        let descriptor = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else {
            throw LocalError("no_directory", "could not open \(path) (errno \(errno))", next: "Check the disk and the permissions.")
        }
        return LogSink { line in _ = line.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) } }
    }
}
