import ArgumentParser
import Domain
import Foundation
import Kafka
import Launch
import Logging
import Messaging
import Postgres
import Stores
import WorkerRuntime

/// What operators do with events that could not be handled.
struct DeadLettersCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "dead-letters",
        abstract: "List, show, replay or discard events that could not be handled.",
        discussion: "A dead letter is a record in helpdesk.tickets.dlq with its story in dlq- headers, and a row in the inbox.",
        subcommands: [List.self, Show.self, Replay.self, Discard.self], defaultSubcommand: List.self)

    static let keys: [any DeclaredKey] = CommonKeys.logging + KafkaKeys.all + DatabaseKeys.all

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "The newest dead letters: id, attempts, where they came from, why.", discussion: settingsHelp(for: keys))

        @OptionGroup var options: CommonOptions
        @Option(help: "Rows at most.") var limit = 50
        @Flag(help: "Discarded ones too.") var all = false

        func run() async throws {
            try await DeadLetterTools.with(options) { tools in
                let rows = try await tools.queries.list(limit: limit, includingDiscarded: all)
                for row in rows {
                    let state = row.outcome == "dead" ? "" : " (\(row.outcome))"
                    print(
                        "\(row.id.canonical)  \(RFC3339.string(row.receivedAt))  \(row.attempts) attempts  \(row.origin ?? "-")\(state)\n    \(row.detail)"
                    )
                }
                if rows.isEmpty { print("No dead letters.") }
            }
        }
    }

    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "One dead letter whole: headers and payload.", discussion: settingsHelp(for: keys))

        @Argument(help: "The id that `list` prints.") var id: String
        @OptionGroup var options: CommonOptions

        func run() async throws {
            try await DeadLetterTools.with(options) { tools in
                let letter = try await tools.find(id)
                for header in letter.headers {
                    print("\(header.name): \(header.value.map { String(decoding: $0, as: UTF8.self) } ?? "(null)")")
                }
                print("\n\(letter.value.map { String(decoding: $0.prefix(4000), as: UTF8.self) } ?? "(null payload)")")
            }
        }
    }

    struct Replay: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Send a dead letter back to its topic, to be handled once more.", discussion: settingsHelp(for: keys))

        @Argument(help: "The id that `list` prints.") var id: String
        @OptionGroup var options: CommonOptions

        func run() async throws {
            try await DeadLetterTools.with(options) { tools in
                let letter = try await tools.find(id)
                let record = try DeadLetter.replay(of: letter)
                // The way back is open before the record is there: the other order would have it refused as a duplicate.
                guard try await tools.queries.beginReplay(try DeadLetterTools.uuid(id)) else { throw DeadLetterTools.unknown(id) }
                try await tools.send(record)
                print("Sent back to \(record.topic). `classifier-worker dead-letters` tells if it dies again.")
            }
        }
    }

    struct Discard: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Note that a dead letter is no longer wanted.", discussion: settingsHelp(for: keys))

        @Argument(help: "The id that `list` prints.") var id: String
        @OptionGroup var options: CommonOptions

        func run() async throws {
            try await DeadLetterTools.with(options) { tools in
                guard try await tools.queries.discard(try DeadLetterTools.uuid(id)) else { throw DeadLetterTools.unknown(id) }
                print("Discarded. It stays in the topic until that forgets it, and in `list --all`.")
            }
        }
    }
}

/// The connections that the dead-letter commands share.
private struct DeadLetterTools {
    let queries: DeadLetterQueries
    private let kafka: KafkaSettings
    private let fetchWait: Duration
    private let logger: Logger

    static func with(_ options: CommonOptions, _ body: (DeadLetterTools) async throws -> Void) async throws {
        let configuration = try options.load(keys: DeadLettersCommand.keys, tolerated: TriageWorker.keys)
        configuration.startLogging()
        var logger = Logger(label: "dead-letters")
        logger.logLevel = .warning
        let kafka = KafkaSettings(brokers: configuration[KafkaKeys.brokers], properties: configuration[KafkaKeys.properties])
        let pool = ConnectionPool(settings: try PostgresSettings(url: configuration[DatabaseKeys.url]), logger: logger)
        let tools = DeadLetterTools(
            queries: DeadLetterQueries(pool, consumer: TriageWorker.consumer), kafka: kafka, fetchWait: configuration[KafkaKeys.fetchWait],
            logger: logger)
        do {
            try await body(tools)
        } catch {
            await pool.close()
            throw error
        }
        await pool.close()
    }

    static func uuid(_ text: String) throws -> UUID {
        guard let id = UUID(uuidString: text) else {
            throw ExitReason.usage("expected the id of a dead letter, found '\(text)'", next: "take one from `classifier-worker dead-letters`")
        }
        return id
    }

    static func unknown(_ id: String) -> ExitReason {
        .usage("no dead letter has the id \(id)", next: "see `classifier-worker dead-letters`")
    }

    /// The record in the dead-letter topic. Reads the topic from its first record: there is no index, and it is short.
    func find(_ text: String) async throws -> Record {
        let id = try Self.uuid(text).canonical
        let letters = try await KafkaTail.readAll(
            Topics.deadLetters(of: Topics.tickets), settings: kafka, upTo: 1_000_000, within: .seconds(60), fetchWait: fetchWait, logger: logger)
        guard let letter = letters.last(where: { $0.headers[text: DeadLetter.eventIDHeader] == id }) else {
            throw ExitReason.usage(
                "the dead-letter topic no longer holds \(id)", next: "its retention is over; publish the original again from its source")
        }
        return letter
    }

    func send(_ record: OutgoingRecord) async throws {
        let producer = try KafkaProducer(settings: kafka, messageTimeout: .seconds(10), logger: logger)
        do {
            try await producer.send(record)
        } catch {
            await producer.close()
            throw error
        }
        await producer.close()
    }
}
