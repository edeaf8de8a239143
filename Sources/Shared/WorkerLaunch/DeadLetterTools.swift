import Domain
import Foundation
import Kafka
import Launch
import Logging
import Messaging
import Postgres
import Stores
import WorkerRuntime

/// The connections that the dead-letter commands share.
struct DeadLetterTools<Scope: DeadLetterScope> {
    /// A dead letter with the inbox that knows it.
    struct Letter {
        let id: UUID
        let record: Record
        let queries: DeadLetterQueries
    }

    private let pool: ConnectionPool
    private let kafka: KafkaSettings
    private let fetchWait: Duration
    private let logger: Logger

    static func with(_ options: CommonOptions, _ body: (DeadLetterTools) async throws -> Void) async throws {
        let configuration = try options.load(keys: DeadLettersCommand<Scope>.keys, tolerated: Scope.tolerated)
        configuration.startLogging()
        var logger = Logger(label: "dead-letters")
        logger.logLevel = .warning
        let kafka = KafkaSettings(brokers: configuration[KafkaKeys.brokers], properties: configuration[KafkaKeys.properties])
        let pool = ConnectionPool(settings: try PostgresSettings(url: configuration[DatabaseKeys.url]), logger: logger)
        let tools = DeadLetterTools(pool: pool, kafka: kafka, fetchWait: configuration[KafkaKeys.fetchWait], logger: logger)
        do {
            try await body(tools)
        } catch {
            await pool.close()
            if let error = error as? KafkaError { throw ExitReason(kafka: error) }
            throw error
        }
        await pool.close()
    }

    func list(limit: Int, includingDiscarded: Bool) async throws -> [DeadLetterRow] {
        var rows: [DeadLetterRow] = []
        for reader in Scope.readers { rows += try await queries(reader).list(limit: limit, includingDiscarded: includingDiscarded) }
        return Array(rows.sorted { $0.receivedAt > $1.receivedAt }.prefix(limit))
    }

    func discard(_ text: String) async throws {
        let id = try Self.uuid(text)
        for reader in Scope.readers where try await queries(reader).discard(id) { return }
        throw Self.unknown(text)
    }

    /// The record in the dead-letter topic. Reads the topic from its first record: there is no index, and it is short.
    func find(_ text: String) async throws -> Letter {
        let id = try Self.uuid(text)
        for reader in Scope.readers {
            let letters = try await KafkaTail.readAll(
                Topics.deadLetters(of: reader.topic), settings: kafka, upTo: 1_000_000, within: .seconds(60), fetchWait: fetchWait, logger: logger)
            if let record = letters.last(where: { $0.headers[text: DeadLetter.eventIDHeader] == id.canonical }) {
                return Letter(id: id, record: record, queries: queries(reader))
            }
        }
        throw ExitReason.usage(
            "the dead-letter topic holds no \(id.canonical)",
            next: "if `\(Scope.program) dead-letters` lists it, the topic's retention is over: publish the original again from its source")
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

    private func queries(_ reader: DeadLetterReader) -> DeadLetterQueries { DeadLetterQueries(pool, consumer: reader.consumer) }

    private static func uuid(_ text: String) throws -> UUID {
        guard let id = UUID(uuidString: text) else {
            throw ExitReason.usage(
                "expected the id of a dead letter, found '\(text)'", next: "take one from `\(Scope.program) dead-letters`")
        }
        return id
    }

    static func unknown(_ id: String) -> ExitReason {
        .usage("no dead letter has the id \(id)", next: "see `\(Scope.program) dead-letters`")
    }
}
