import ArgumentParser
import Domain
import Foundation
import Kafka
import Logging

/// Holds an embedded broker with the pipeline's topics until standard input ends.
struct BrokerCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "broker", abstract: "Print an embedded broker's address and hold it until standard input ends.")

    @Option(help: "Partitions of each topic.")
    var partitions = 12

    func run() throws {
        let broker = try EmbeddedBroker(logger: Logger(label: "broker"))
        for topic in Topics.allWithDeadLetters { try broker.createTopic(topic, partitions: partitions) }
        // Not by print: a pipe would get it only when we end.
        try FileHandle.standardOutput.write(contentsOf: Data("\(broker.bootstrapServers)\n".utf8))
        while readLine() != nil {}
        broker.stop()
    }
}
