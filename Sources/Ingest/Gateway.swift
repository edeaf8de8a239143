import Access
import Domain
import Hummingbird
import Identity
import Kafka
import Logging
import Observability
import Postgres
import ServiceLifecycle
import Stores
import WorkerRuntime

/// The gateway, put together: what it serves, and the services that it runs, in order of dependency.
struct Gateway: Sendable {
    let services: [any Service]
    let health: HealthState
    /// What it serves, as data.
    let endpoints: [Endpoint]
    let streams: TicketStreams

    /// Connects to nothing yet.
    /// - Parameter onListening: told the port that was taken, once it accepts connections.
    /// - Throws: `KafkaError` for a property that was refused; `ContractError` for a route that does not declare itself well;
    ///   `CertificateError`.
    init(
        _ settings: GatewaySettings, logger: Logger, metrics: MetricRegistry = MetricRegistry(),
        onListening: @escaping @Sendable (Int) -> Void = { _ in }
    ) throws {
        let pool = ConnectionPool(settings: settings.database, logger: logger)
        let producer = try KafkaProducer(
            settings: settings.kafka, messageTimeout: settings.publishTimeout, linger: .milliseconds(1), waitsForRoom: false,
            logger: logger)
        health = HealthState()
        let certificates = try settings.certificates.map { try ServerCertificates($0, logger: logger) }
        let gate = ConnectionGate(limit: settings.connectionsPerAddress, proxies: settings.proxies)
        let database = DatabaseState()
        var trust = KeyRing.Settings()
        trust.trust = settings.keyTrust
        let keys = KeyRing(ApiKeys(pool), settings: trust)
        let people = try PeopleServices(settings, pool: pool, keys: keys, trust: trust)
        let waiters = ClassifiedWaiters(capacity: settings.waiters), updates = ClassifiedWaiters(capacity: settings.waiters)
        let ledger = PostgresLedger(pool)
        let outbox = OutboxPublisher(store: ledger, sink: producer, logger: logger)
        let search = TicketSearch(pool), secrets = GatewaySecrets(pool)

        let publisher = EventPublisher(producer, metrics)
        let inbox = InboxQueries(pool)
        let idempotency = IdempotencyCheck(
            cache: IdempotencyCache(capacity: 50_000),
            handledHash: { try await inbox.payloadHash(consumer: IdempotencyCheck.consumer, event: $0) },
            isDatabaseReachable: { database.isReachable })
        let tickets = TicketQueries(pool), authenticator = people.authenticator
        let streams = TicketStreams(
            settings.streams, metrics: metrics, logger: logger, lookUp: { try await tickets.changes(at: $0) },
            authenticate: { bearer async throws(AuthenticationError) in try await authenticator.principal(bearer: bearer) })
        self.streams = streams
        let export = ExportRoute(
            settings.exports, metrics: metrics, logger: logger,
            page: { try await tickets.page($0, in: $1.visibleTickets.scope, includingInternal: $1.seesInternalNotes, after: $2, limit: $3) },
            authenticate: { bearer async throws(AuthenticationError) in try await authenticator.principal(bearer: bearer) })
        endpoints = try Self.endpoints(
            submission: SubmissionRoute(
                publisher: publisher, idempotency: idempotency, waiters: waiters, tickets: tickets, bodyLimit: settings.bodyLimit),
            reply: ReplyRoute(
                publisher: publisher, idempotency: idempotency, tickets: tickets, updates: updates, bodyLimit: settings.bodyLimit),
            reading: TicketRoutes(tickets: tickets, escalations: EscalationQueries(pool), cursorKey: CursorKey(secrets)),
            work: WorkRoutes(work: TicketWork(pool), outbox: outbox), following: StreamRoute(streams: streams), export: export,
            people: people.endpoints, health: HealthRoutes(health: health, database: database, metrics: metrics),
            documentation: DocumentationRoutes(assets: DocumentationAssets(directory: settings.documentation)))

        metrics.callback("helpdesk_database_reachable", "1 while the database answers.") { database.isReachable ? 1 : 0 }
        metrics.callback("helpdesk_ingest_connections_refused", "Connections beyond what one address may have.") { Double(gate.refused) }
        if let certificates {
            metrics.callback("helpdesk_tls_certificate_expiry_seconds", "When the certificate in use ends, in seconds since 1970.") {
                certificates.expiry
            }
        }
        metrics.callback("helpdesk_ingest_waiters", "Requests that wait for a classification or a reply.") { Double(waiters.count + updates.count) }
        metrics.callback("helpdesk_ingest_unacknowledged", "Events on their way to the log.") { Double(producer.inFlight) }
        metrics.callback("helpdesk_ingest_known_keys", "API keys remembered.") { Double(keys.count) }
        metrics.callback("helpdesk_ingest_known_sessions", "Sessions of people remembered.") { Double(people.authenticator.sessionCount) }

        let responder = GatewayResponder(
            table: RouteTable(endpoints), authenticator: people.authenticator, limits: RateLimits(settings.limits), proxies: settings.proxies,
            origins: Origins(allowed: settings.origins), isSecure: certificates != nil, metrics: HTTPMetrics(metrics, endpoints: endpoints),
            refusedActs: RefusedActs(AuditLog(pool), logger: logger), logger: logger)
        services =
            [certificates].compactMap { $0 } + [
                pool, producer,
                KafkaProbe(
                    producer: producer, topic: Topics.tickets, health: health.component("kafka"), interval: settings.probeInterval, logger: logger),
                KeyRefresher(
                    authenticator: people.authenticator, sessions: people.sessions, database: database, interval: settings.keyRefresh, logger: logger),
                ChangesTail(
                    settings: settings.kafka, fetchWait: settings.fetchWait, waiters: waiters, updates: updates, streams: streams, logger: logger),
                streams, outbox,
                OutboxRelay(store: ledger, sink: producer, logger: logger),
                TicketUpkeep(search: search, secrets: secrets, interval: settings.searchInterval, logger: logger),
                HTTPService(
                    settings: settings, responder: responder, gate: gate, certificates: certificates, waiters: [waiters, updates], streams: streams,
                    logger: logger, onListening: onListening)
            ]
    }

    private static func endpoints(
        submission: SubmissionRoute, reply: ReplyRoute, reading: TicketRoutes, work: WorkRoutes, following: StreamRoute, export: ExportRoute,
        people: [Endpoint], health: HealthRoutes, documentation: DocumentationRoutes
    ) throws -> [Endpoint] {
        try ContractRoutes.completing(
            submission.endpoints + reply.endpoints + reading.endpoints + following.endpoints + export.endpoints + work.endpoints
                + people + health.endpoints + documentation.endpoints)
    }
}
