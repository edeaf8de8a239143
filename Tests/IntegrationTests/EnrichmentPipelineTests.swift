import AsyncHTTPClient
import Domain
import Foundation
import Intelligence
import Kafka
import Logging
import Messaging
import Observability
import Postgres
import ScriptedModel
import ServiceLifecycle
import Stores
import Synchronization
import TestSupport
import Testing
import WorkerLaunch
import WorkerRuntime

@testable import ClassifierWorker

/// Enrichment on a real PostgreSQL, over the Kafka protocol, against a scripted model over HTTP.
@Suite(.serialized, .timeLimit(.minutes(5))) struct EnrichmentPipelineServerTests {
    static let prompt = EnrichmentPrompt(taxonomy: shippedClassifier.taxonomy)

    @Test func aRequestBecomesAHigherRevisionWithAnAnswer() async throws {
        try await withEnrichment(ModelScript.helpDesk()) { desk in
            let ticket = try await desk.store(body: "What is the best colour for a lab coat and a redirect loop of the login page?")
            try await desk.request(ticket)
            let worker = desk.startWorker()
            try await desk.pipeline.until("enrichment is done") { try await desk.ticket(ticket.id)?.enrichment == .done }
            let after = try #require(try await desk.ticket(ticket.id))
            #expect(after.revision == 2 && after.category == Labelled("login_redirect_loop", by: .llm) && after.version == 2)
            let classification = try #require(try await desk.detail(ticket.id)?.classification)
            #expect(classification.stage == "enrichment" && classification.revision == 2)
            #expect(after.answer == .answered)
            let answers = try await TicketQueries(desk.pipeline.pool).answers(of: ticket.id, in: .all, includingWithheld: true)
            #expect(answers.map(\.number) == [1] && answers[0].model == "scripted" && !answers[0].citations.isEmpty)
            #expect(desk.server.requestCount == 1)
            try await desk.pipeline.until("everything is told") { try await desk.pipeline.count("SELECT count(*) FROM helpdesk.outbox") == 0 }
            await worker.stop()
            let rows = try await desk.pipeline.count(
                "SELECT count(*) FROM helpdesk.model_answers AS a JOIN helpdesk.classifications AS c ON c.event_id = a.event_id AND c.at = a.at")
            #expect(rows == 1)
        }
    }

    /// The answer is paid for and stored; then the process dies. The next one pays nothing.
    @Test func aProcessThatDiesBetweenAnswerAndCommitDoesNotPayTwice() async throws {
        try await withEnrichment(ModelScript.helpDesk()) { desk in
            let ticket = try await desk.store(body: "The login page keeps sending me back to itself")
            let record = try await desk.request(ticket)
            let dying = try desk.stage()
            let raw = RawEvent(
                Record(
                    source: TopicPartition(topic: Topics.enrichments, partition: 0), offset: 0, timestamp: record.at, key: record.out.key,
                    value: record.out.value, headers: record.out.headers, generation: 1))
            guard case .looked = try await dying.decide(try raw.decode(EnrichmentRequested.self, fallbackType: nil)) else {
                return #expect(Bool(false), "expected a look")
            }
            #expect(desk.server.requestCount == 1)
            #expect(try await desk.ticket(ticket.id)?.enrichment == .pending)
            let worker = desk.startWorker()
            try await desk.pipeline.until("enrichment is done") { try await desk.ticket(ticket.id)?.enrichment == .done }
            // And once more, after its effects.
            try await desk.pipeline.producer.send(record.out)
            try await desk.pipeline.until("the copy is read") { worker.outcomes("duplicate") == 1 }
            await worker.stop()
            #expect(desk.server.requestCount == 1)
            #expect(try await desk.ticket(ticket.id)?.version == 2)
        }
    }

    /// A model that is away is waited for; nothing dies of it, and the stored health tells both.
    @Test func aModelThatComesBackIsAskedAgainAndNothingDied() async throws {
        let isDown = Flag(true)
        let script = ModelScript(.computed { isDown.isSet ? .status(503) : .helpDesk($0) })
        try await withEnrichment(script) { desk in
            var tickets: [Ticket] = []
            for _ in 0..<6 { tickets.append(try await desk.store(body: "The login page keeps sending me back to itself")) }
            for ticket in tickets { try await desk.request(ticket) }
            let worker = desk.startWorker()
            let health = ModelHealthQueries(desk.pipeline.pool)
            try await desk.pipeline.until("the model counts as unhealthy") { try await health.modelHealth(at: Date()) == .unhealthy }
            let asked = desk.server.requestCount
            // The breaker keeps calls away for as long as nothing answers, a handful of probes at most: the time that passes is what is tested.
            try await Task.sleep(for: .seconds(3))
            #expect(desk.server.requestCount - asked < 20)
            isDown.isSet = false
            for ticket in tickets {
                try await desk.pipeline.until("enrichment is done") { try await desk.ticket(ticket.id)?.enrichment == .done }
            }
            try await desk.pipeline.until("the model counts as healthy") { try await health.modelHealth(at: Date()) == .healthy }
            await worker.stop()
            #expect(try await desk.pipeline.count("SELECT count(*) FROM helpdesk.inbox WHERE outcome = 'dead'") == 0)
            #expect(try await desk.pipeline.count("SELECT count(*) FROM helpdesk.inbox WHERE consumer = 'enrichment'") == 6)
        }
    }

    @Test func aSpentBudgetIsWaitedFor() async throws {
        let now = Mutex(Duration.seconds(1_000_000))
        let clock = ModelClock(
            uptime: { ModelClock.system.uptime() }, sinceEpoch: { now.withLock { $0 } }, sleep: ModelClock.system.sleep, jitter: { 0 })
        // A call sets aside more than the whole budget, so that it takes an unspent day for itself.
        try await withEnrichment(ModelScript.helpDesk(), clock: clock, { $0.budget = ModelBudget.Limits(tokensPerDay: 1500) }) { desk in
            let first = try await desk.store(body: "The login page keeps sending me back to itself")
            let second = try await desk.store(body: "The login page keeps sending me back to itself")
            try await desk.request(first)
            let worker = desk.startWorker()
            try await desk.pipeline.until("the first is done") { try await desk.ticket(first.id)?.enrichment == .done }
            try await desk.request(second)
            let health = ModelHealthQueries(desk.pipeline.pool)
            try await desk.pipeline.until("the model counts as unhealthy") { try await health.modelHealth(at: Date()) == .unhealthy }
            #expect(desk.server.requestCount == 1)
            #expect(try await desk.ticket(second.id)?.enrichment == .pending)
            now.withLock { $0 += .seconds(86_400) }
            try await desk.pipeline.until("the second is done") { try await desk.ticket(second.id)?.enrichment == .done }
            await worker.stop()
            #expect(desk.server.requestCount == 2)
            #expect(try await desk.pipeline.count("SELECT count(*) FROM helpdesk.inbox WHERE outcome = 'dead'") == 0)
        }
    }
}

/// Flipped by a test while a server runs.
final class Flag: Sendable {
    private let state: Mutex<Bool>

    init(_ isSet: Bool) { state = Mutex(isSet) }

    var isSet: Bool {
        get { state.withLock { $0 } }
        set { state.withLock { $0 = newValue } }
    }
}

/// A pipeline with a scripted model.
struct EnrichmentRig: Sendable {
    let pipeline: Pipeline
    let server: ScriptedModelServer
    let model: OpenAICompatibleModel

    func stage() throws -> EnrichmentStage<PostgresTicketTransaction> {
        EnrichmentStage(
            model: model, prompt: EnrichmentPipelineServerTests.prompt, policy: EnrichmentPolicy(shippedClassifier), answers: pipeline.ledger,
            knowledge: ActiveKnowledge(shippedAnswerer))
    }

    /// Stores a ticket as Triage leaves one that no article covers.
    func store(body: String) async throws -> Ticket {
        let now = Date(timeIntervalSince1970: Date().timeIntervalSince1970.rounded() - 1)
        let ticket = Ticket(
            id: TicketID(.v7()), version: 1, state: .triaged, requester: Requester(id: "mara"), persona: .trainee, channel: "web", subject: "Help",
            body: body, course: nil, module: nil, language: "en", category: Labelled("general_question", by: .model),
            tier: Labelled(.generalist, by: .model), severity: Labelled(.medium, by: .model), confidence: 0.3, needsHuman: true, guardrails: [],
            revision: 1, failedAttempts: 0, messageCount: 0, answer: .notCovered, enrichment: .pending, classifiedAt: now, source: "test",
            submittedAt: now, updatedAt: now)
        try await pipeline.pool.transaction { connection in
            var changes = TicketChanges()
            changes.inserted = [ticket]
            try PostgresTicketTransaction(connection).write(changes)
        }
        return ticket
    }

    /// Asks for a look at it, as Triage does.
    @discardableResult
    func request(_ ticket: Ticket) async throws -> (out: OutgoingRecord, at: Int64) {
        let out = EmittedEvent(
            EnrichmentRequested(ticket), to: Topics.enrichments, stage: "triage", cause: .v7(), time: ticket.submittedAt, ticket: ticket.id,
            traceparent: nil
        ).record
        try await pipeline.producer.send(out)
        return (out, Int64(Date().timeIntervalSince1970 * 1000))
    }

    func ticket(_ id: TicketID) async throws -> Ticket? { try await TicketQueries(pipeline.pool).ticket(id, in: .all) }

    func detail(_ id: TicketID) async throws -> TicketDetail? {
        try await TicketQueries(pipeline.pool).detail(id, in: .all, includingInternal: true)
    }

    func startWorker() -> RunningEnrichment { RunningEnrichment(self) }
}

/// An enrichment worker of this process with a life of its own.
final class RunningEnrichment: Sendable {
    private let registry = MetricRegistry()
    private let group: ServiceGroup
    private let task: Task<Void, any Error>

    init(_ rig: EnrichmentRig) {
        let pipeline = rig.pipeline
        let publisher = OutboxPublisher(store: pipeline.ledger, sink: pipeline.producer, logger: pipeline.logger)
        var settings = WorkerSettings(consumer: EnrichmentWorker.consumer)
        EnrichmentWorker.adjust(&settings, parallelCalls: 4)
        let worker: Worker<EnrichmentStage<PostgresTicketTransaction>, PostgresLedger>
        do {
            let source = try KafkaConsumer(
                settings: pipeline.kafka, group: WorkerProcess.group(of: EnrichmentWorker.consumer), topics: [Topics.enrichments],
                fetchWait: .milliseconds(10), logger: pipeline.logger)
            worker = Worker(
                stage: try rig.stage(), ledger: pipeline.ledger, source: source, sink: pipeline.producer, publisher: publisher, settings: settings,
                metrics: WorkerMetrics(registry, consumer: EnrichmentWorker.consumer), logger: pipeline.logger)
        } catch {
            preconditionFailure("the consumer's own settings are refused: \(error)")
        }
        let health = ModelHealthReporter(model: rig.model, queries: ModelHealthQueries(pipeline.pool), logger: pipeline.logger)
        let group = ServiceGroup(services: [publisher, health, worker], logger: pipeline.logger)
        self.group = group
        task = Task { try await group.run() }
    }

    func outcomes(_ outcome: String) -> Int {
        registry.exposition().split(separator: "\n").first { $0.hasPrefix("helpdesk_events_total{consumer=\"enrichment\",outcome=\"\(outcome)\"}") }
            .flatMap { $0.split(separator: " ").last }.flatMap { Int($0) } ?? 0
    }

    func stop() async {
        await group.triggerGracefulShutdown()
        _ = await task.result
    }
}

private func withEnrichment(
    _ script: ModelScript, clock: ModelClock = .system, _ configure: @escaping @Sendable (inout ModelSettings) -> Void = { _ in },
    _ body: @escaping @Sendable (EnrichmentRig) async throws -> Void
) async throws {
    let client = HTTPClient.forModels()
    do {
        try await withPipeline { pipeline in
            try await ScriptedModelServer.run(script) { server, baseURL in
                var settings = ModelSettings(baseURL: baseURL, model: "scripted")
                settings.maximumAttempts = 1
                settings.breaker = CircuitBreaker.Settings(failures: 3, openFor: .milliseconds(500), longestOpen: .seconds(2))
                configure(&settings)
                let model = try OpenAICompatibleModel(settings: settings, client: client, clock: clock)
                try await body(EnrichmentRig(pipeline: pipeline, server: server, model: model))
            }
        }
    } catch {
        try await client.shutdown()
        throw error
    }
    try await client.shutdown()
}
