import AsyncHTTPClient
import Domain
import Foundation
import HTTPTypes
import Identity
import Kafka
import Logging
import Messaging
import NIOCore
import NIOHTTP1
import Postgres
import ServiceLifecycle
import Stores
import TestSupport
import WorkerRuntime

@testable import Ingest

struct TimedOut: Error, CustomStringConvertible {
    let description: String
}

/// Waits until `condition` holds, or throws.
func eventually(_ what: String, within limit: Duration = .seconds(20), _ condition: () async throws -> Bool) async throws {
    let deadline = ContinuousClock.now + limit
    while true {
        if try await condition() { return }
        guard ContinuousClock.now < deadline else { throw TimedOut(description: "not within \(limit): \(what)") }
        try await Task.sleep(for: .milliseconds(20))
    }
}

/// A gateway in this process with a database and a broker of its own, reached over HTTP.
final class RunningGateway: Sendable {
    let broker: EmbeddedBroker
    let database: SeverableDatabase
    /// The test's own way to the database, which is never severed.
    let pool: ConnectionPool
    let producer: KafkaProducer
    let port: Int
    let gateway: Gateway
    let contract: ContractCheck
    /// Another gateway of the same installation owns database and broker.
    private let isSecond: Bool
    private let group: ServiceGroup
    private let running: Task<Void, any Error>
    static let logger: Logger = {
        var logger = Logger(label: "test")
        logger.logLevel = .error
        return logger
    }()

    static func with<T>(
        _ change: (inout GatewaySettings) -> Void = { _ in }, _ body: (RunningGateway) async throws -> T
    ) async throws -> T {
        let running = try await start(change)
        do {
            let value = try await body(running)
            await running.stop()
            return value
        } catch {
            _ = await running.stop()
            throw error
        }
    }

    /// A second gateway of the same installation.
    func beside<T>(_ change: (inout GatewaySettings) -> Void = { _ in }, _ body: (RunningGateway) async throws -> T) async throws -> T {
        let second = try await Self.start(beside: self, change)
        do {
            let value = try await body(second)
            await second.stop()
            return value
        } catch {
            _ = await second.stop()
            throw error
        }
    }

    /// - Parameter first: whose database and broker it shares; nil: it has its own.
    static func start(beside first: RunningGateway? = nil, _ change: (inout GatewaySettings) -> Void) async throws -> RunningGateway {
        let database = if let first { first.database } else { try await SeverableDatabase.make() }
        let pool = ConnectionPool(settings: try PostgresSettings(url: database.directURL), logger: logger)
        let broker: EmbeddedBroker
        if let first {
            broker = first.broker
        } else {
            _ = try await Migrator(Migrations.all, schema: Migrations.schema).migrate(pool)
            _ = try await Roles(pool).seed(by: Origin(actor: "test"))
            broker = try EmbeddedBroker(logger: logger)
            for topic in Topics.all { try broker.createTopic(topic, partitions: 2) }
        }
        let kafka = KafkaSettings(brokers: broker.bootstrapServers)
        var settings = GatewaySettings(kafka: kafka, database: try PostgresSettings(url: database.url))
        settings.port = 0
        settings.fetchWait = .milliseconds(10)
        settings.keyRefresh = .milliseconds(200)
        settings.passwordCost = PasswordCost(logN: 4, r: 8, p: 1)
        settings.probeInterval = .milliseconds(200)
        change(&settings)
        let (ports, portInput) = AsyncStream<Int>.makeStream()
        let gateway = try Gateway(settings, logger: logger) { portInput.yield($0) }
        let group = ServiceGroup(services: gateway.services, logger: logger)
        let running = Task { try await group.run() }
        var port: Int?
        for await taken in ports {
            port = taken
            break
        }
        guard let port else { throw TimedOut(description: "the gateway did not listen") }
        return try RunningGateway(
            broker: broker, database: database, pool: pool, producer: try KafkaProducer(settings: kafka, logger: logger), port: port,
            gateway: gateway, isSecond: first != nil, group: group, running: running)
    }

    private init(
        broker: EmbeddedBroker, database: SeverableDatabase, pool: ConnectionPool, producer: KafkaProducer, port: Int, gateway: Gateway,
        isSecond: Bool, group: ServiceGroup, running: Task<Void, any Error>
    ) throws {
        self.broker = broker
        self.database = database
        self.pool = pool
        self.producer = producer
        self.port = port
        self.gateway = gateway
        contract = try ContractCheck(document: Data(OpenAPI(gateway.endpoints).bytes))
        self.isSecond = isSecond
        self.group = group
        self.running = running
    }

    /// Asks for a graceful end.
    /// - Returns: what the services threw, nil after a clean end.
    @discardableResult
    func stop() async -> (any Error)? {
        await group.triggerGracefulShutdown()
        let result = await running.result
        await producer.close(within: .seconds(1))
        await pool.close()
        if !isSecond {
            broker.stop()
            database.remove()
        }
        if case .failure(let error) = result { return error }
        return nil
    }

    // MARK: Fixtures

    func makeKey(_ role: Role, requester: String = "ada", persona: Persona = .trainee, expires: Date? = nil) async throws -> String {
        let secret = KeySecret.random()
        try await ApiKeys(pool).insert(
            ApiKey(name: "test", role: role.rawValue, requesterID: requester, persona: persona, expiresAt: expires), hash: secret.hash,
            by: Origin(actor: "test"))
        return secret.text
    }

    /// The ids of all keys.
    func keyIDs() async throws -> [UUID] { try await ApiKeys(pool).list().map(\.id) }

    /// Stores a ticket as Triage would.
    @discardableResult
    func store(
        _ id: TicketID = TicketID(.v7()), requester: String = "ada", severity: Severity = .low,
        at time: Date = Date(timeIntervalSince1970: 1_763_000_000),
        messages: [(Visibility, String)] = [], cause: (id: UUID, hash: [UInt8])? = nil
    ) async throws -> Ticket {
        let ticket = Ticket(
            id: id, version: 1, state: .triaged, requester: Requester(id: requester), persona: .trainee, channel: "api", subject: "Lab frozen",
            body: "It does not move.", course: nil, module: "L-7", language: "en", category: Labelled("lab.vm", by: .rule),
            tier: Labelled(.engineer, by: .rule), severity: Labelled(severity, by: .model), confidence: 0.75, needsHuman: false,
            guardrails: [], revision: 1, failedAttempts: 0, messageCount: messages.count, classifiedAt: Date(timeIntervalSince1970: 1_760_000_000),
            source: "/helpdesk/ingest", submittedAt: time,
            updatedAt: time)
        let event = cause?.id ?? UUID()
        var changes = TicketChanges()
        changes.inserted = [ticket]
        changes.messages = messages.enumerated().map { index, message in
            Message(
                id: UUID(), ticket: id, number: index + 1, author: Author(kind: .agent, id: "eve"), visibility: message.0, body: message.1,
                language: "en", guardrails: [], at: time)
        }
        changes.classifications = [
            StoredClassification(
                ticket: id, revision: 1, cause: event, stage: "triage",
                classification: Classification(
                    language: LanguageGuess(code: "en", confidence: 0.9), category: ticket.category, tier: ticket.tier,
                    severity: ticket.severity, confidence: 0.75, guardrails: [], needsHuman: false,
                    reasons: [Reason(subject: .category, rule: "vm-freeze", value: "lab.vm", evidence: "frozen", source: .rule)],
                    versions: .init(taxonomy: "t", guardrails: "g", model: "m")),
                at: time)
        ]
        changes.history = [
            HistoryEntry(
                ticket: id, version: 1, kind: .submitted, cause: event, actor: Author(kind: .requester, id: requester),
                origin: "helpdesk.tickets[0]@0", changes: [FieldChange("state", from: nil, to: "triaged")], at: time)
        ]
        let entry = LedgerEntry(eventID: event, payloadHash: cause?.hash ?? [1], isReplay: false)
        let written = changes
        _ = try await PostgresLedger(pool).commit(consumer: IdempotencyCheck.consumer, entries: [entry]) { fresh, transaction in
            try transaction.write(written)
            return fresh.map { _ in .applied([]) }
        }
        return ticket
    }

    /// Publishes that a ticket was classified.
    func announce(_ ticket: Ticket) async throws {
        let event = EmittedEvent(
            TicketClassified(ticket), to: Topics.changes, stage: "triage", cause: UUID(), time: Date(), ticket: ticket.id, traceparent: nil)
        try await producer.send(event.record)
    }

    /// Everything on the tickets topic.
    func published() async throws -> [Record] {
        try await KafkaTail.readAll(
            Topics.tickets, settings: KafkaSettings(brokers: broker.bootstrapServers), fetchWait: .milliseconds(10), logger: Self.logger)
    }
}
