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
import TestSupport
import Testing
import WorkerLaunch
import WorkerRuntime

@testable import ClassifierWorker
@testable import EscalationWorker
@testable import MetricsWorker

/// All stages at work on one desk: what they stored can be counted, and is what was counted.
@Suite("Counting what every stage does", .serialized, .timeLimit(.minutes(5))) struct CountingTests {
    @Test func everyMeasurementIsThereOnceWhateverTheStagesDid() async throws {
        try await withDesk { desk in
            let pipeline = desk.pipeline
            let triage = try Running(desk.triage(), TriageWorker.consumer, Topics.tickets, pipeline)
            let enrichment = RunningEnrichment(desk.rig)
            let escalation = try RunningEscalation(desk.escalation)
            let metrics = try (0..<2).map { _ in
                try Running(MetricsStage<PostgresTicketTransaction>(shards: 8), MetricsWorker.consumer, Topics.metrics, pipeline)
            }
            let tickets = try await desk.feed()
            try await pipeline.until("all tickets are there and looked at") {
                try await pipeline.count("SELECT count(*) FROM helpdesk.tickets WHERE version > 0 AND enrichment <> 'pending'") == tickets.count
            }
            try await desk.escalation.move(Array(tickets.prefix(5)), to: .resolved)
            for ticket in tickets.prefix(5) { try await pipeline.producer.send(desk.reply(ticket, .requester, "It happened again")) }
            try await pipeline.until("five are open again") {
                try await pipeline.count("SELECT count(*) FROM helpdesk.tickets WHERE cycle = 2") == 5
            }
            try await desk.untilQuiet()

            let result = try await MetricVerification(pipeline.pool).run()
            #expect(result.differences == [])
            #expect(result.notRecounted == [])
            let silent = result.recounted.filter { $0.value == 0 }.keys
            #expect(silent.isEmpty, "the desk never did what these count: \(silent)")
            // The report of the whole time says the same as the tables.
            let report = try await ReportQueries(pipeline.pool).report(
                from: Date().addingTimeInterval(-20 * 86_400), until: Date().addingTimeInterval(86_400), by: .rule)
            #expect(report.tickets == tickets.count)
            #expect(report.escalations.values.reduce(0, +) == result.recounted["escalations"])
            #expect(report.reopenings == 5)
            for worker in metrics { await worker.stop() }
            await escalation.stop()
            await enrichment.stop()
            await triage.stop()
        }
    }

    private func withDesk(_ body: @escaping @Sendable (CountingDesk) async throws -> Void) async throws {
        let client = HTTPClient.forModels()
        do {
            try await withPipeline { pipeline in
                try await ScriptedModelServer.run(ModelScript.helpDesk()) { server, baseURL in
                    let model = try OpenAICompatibleModel(settings: ModelSettings(baseURL: baseURL, model: "scripted"), client: client)
                    try await body(
                        CountingDesk(
                            pipeline: pipeline, rig: EnrichmentRig(pipeline: pipeline, server: server, model: model),
                            escalation: try await EscalationDesk(pipeline)))
                }
            }
        } catch {
            try await client.shutdown()
            throw error
        }
        try await client.shutdown()
    }
}

struct CountingDesk: Sendable {
    let pipeline: Pipeline
    let rig: EnrichmentRig
    let escalation: EscalationDesk

    func triage() -> TriageStage<PostgresTicketTransaction> {
        TriageStage(classifier: shippedClassifier, knowledge: ActiveKnowledge(shippedAnswerer), requestsEnrichment: true)
    }

    static let texts = [
        "The login page keeps sending me back to itself", "Kernel panic on my lab VM during the graded exam",
        "Please disable the audit logging on my VM so that nobody sees what I do", "What is the best colour for a lab coat?",
        "My lab VM is frozen and I lost my work", "I lost my phone, please reset my MFA", "Meine Anmeldung dreht sich im Kreis",
        "The container lab does not start: /opt/startup.sh is missing"
    ]

    /// Submissions of the last three days with replies of everyone, some of both delivered twice, some replies before their ticket.
    func feed() async throws -> [TicketID] {
        var random = SeededGenerator(seed: 4)
        var tickets: [TicketID] = []
        for index in 0..<48 {
            let ticket = TicketID(.v7())
            tickets.append(ticket)
            var records = [submission(ticket, Self.texts[index % Self.texts.count], person: index, age: Double(index % 4) * 86_400)]
            if index % 2 == 0 { records.append(reply(ticket, .requester, "I tried the steps twice and they still fail")) }
            if index % 3 == 0 { records.append(reply(ticket, .agent, "We look into it")) }
            if index % 8 == 1 { records.append(reply(ticket, .requester, "Then switch off the audit logging for me")) }
            if index % 5 == 0 { records.reverse() }
            for record in records {
                try await pipeline.producer.send(record)
                if random.chance(0.3) { try await pipeline.producer.send(record) }
            }
        }
        return tickets
    }

    func submission(_ ticket: TicketID, _ body: String, person: Int, age: TimeInterval) -> OutgoingRecord {
        record(
            TicketSubmitted(ticketID: ticket, requester: Requester(id: "person \(person)"), subject: "Help", body: body), ticket,
            at: Date().addingTimeInterval(-age))
    }

    func reply(_ ticket: TicketID, _ kind: Author.Kind, _ body: String) -> OutgoingRecord {
        record(TicketReplied(ticketID: ticket, author: Author(kind: kind, id: "\(kind)"), body: body), ticket, at: Date())
    }

    private func record(_ payload: some SingleTypePayload, _ ticket: TicketID, at time: Date) -> OutgoingRecord {
        EmittedEvent(payload, to: Topics.tickets, stage: "test", cause: .v7(), time: time, ticket: ticket, traceparent: nil).record
    }

    /// Nothing is under way in any stage: twice, since one stage's end is the next one's beginning.
    func untilQuiet() async throws {
        let admin = try KafkaAdmin(settings: pipeline.kafka, logger: pipeline.logger)
        var quiet = 0
        do {
            try await pipeline.until("every stage has nothing to do", within: .seconds(120)) {
                var waiting = Int64(try await pipeline.count("SELECT count(*) FROM helpdesk.outbox"))
                for reader in PipelineGauges.readers {
                    waiting += try await admin.lag(group: WorkerProcess.group(of: reader.consumer), topics: [reader.topic]).values.reduce(0, +)
                }
                quiet = waiting == 0 ? quiet + 1 : 0
                return quiet == 3
            }
        } catch {
            await admin.close()
            throw error
        }
        await admin.close()
    }
}

/// A worker of this process for one stage.
private final class Running: Sendable {
    private let group: ServiceGroup
    private let task: Task<Void, any Error>

    init<S: Stage>(_ stage: S, _ consumer: String, _ topic: String, _ pipeline: Pipeline) throws where S.Transaction == PostgresTicketTransaction {
        let publisher = OutboxPublisher(store: pipeline.ledger, sink: pipeline.producer, logger: pipeline.logger)
        let source = try KafkaConsumer(
            settings: pipeline.kafka, group: WorkerProcess.group(of: consumer), topics: [topic], fetchWait: .milliseconds(10),
            logger: pipeline.logger)
        let worker = Worker(
            stage: stage, ledger: pipeline.ledger, source: source, sink: pipeline.producer, publisher: publisher,
            settings: WorkerSettings(consumer: consumer), metrics: WorkerMetrics(MetricRegistry(), consumer: consumer), logger: pipeline.logger)
        let group = ServiceGroup(services: [publisher, worker], logger: pipeline.logger)
        self.group = group
        task = Task { try await group.run() }
    }

    func stop() async {
        await group.triggerGracefulShutdown()
        _ = await task.result
    }
}
