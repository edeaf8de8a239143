import ArgumentParser
import Domain
import Foundation
import Hummingbird
import Kafka
import Logging

/// `chaos broker`: embedded brokers in a process of their own, so that they share no fate with what is judged. Told what to do over HTTP
/// on loopback.
struct BrokerProcess: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "broker", abstract: "Run the brokers of a rig (used by the other commands).", shouldDisplay: false)

    @Option(help: "Loopback port for orders.")
    var port: Int
    @Option(help: "How many brokers.")
    var brokers = 3
    @Option(help: "Partitions of each topic.")
    var partitions = 12

    func run() async throws {
        let logger = Logger(label: "chaos.broker")
        let broker = try EmbeddedBroker(brokers: brokers, logger: logger)
        for topic in Topics.allWithDeadLetters { try broker.createTopic(topic, partitions: partitions, replication: brokers) }
        let router = Router()
        router.get("/bootstrap") { _, _ in broker.bootstrapServers }
        router.post("/command") { request, _ -> HTTPResponse.Status in
            let body = try await request.body.collect(upTo: 1 << 20)
            try JSONDecoder().decode(BrokerCommand.self, from: Data(body.readableBytesView)).execute(on: broker)
            return .noContent
        }
        // Ends with its signal or its watchdog; data is gone with it.
        try await Application(
            router: router, configuration: ApplicationConfiguration(address: .hostname("127.0.0.1", port: port)), logger: logger
        ).run()
        broker.stop()
    }
}
