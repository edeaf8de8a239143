import ArgumentParser
import Launch
import Logging
import Observability

struct Serve: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Serve the API until SIGTERM or SIGINT.",
        discussion: """
            Takes submissions as long as Kafka answers, also while PostgreSQL is away. /readyz tells whether it does, /metrics how it fares.

            \(settingsHelp(for: IngestKeys.all))
            """)

    @OptionGroup var options: CommonOptions

    func run() async throws {
        let config = try options.load(keys: IngestKeys.all)
        config.startLogging()
        let logger = Logger(label: "ingest")
        let metrics = MetricRegistry()
        let gateway = try Gateway(GatewaySettings(config: config), logger: logger, metrics: metrics)
        try await runServices(gateway.services, logger: logger, health: gateway.health, explain: Explanation.reason)
    }
}
