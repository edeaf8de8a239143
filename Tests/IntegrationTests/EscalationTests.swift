import Domain
import Foundation
import Kafka
import Logging
import Messaging
import Policy
import Postgres
import Stores
import TestSupport
import Testing
import WorkerRuntime

@testable import EscalationWorker

/// Escalation on the real runtime: embedded broker over TCP, real PostgreSQL.
@Suite("Escalation with broker and PostgreSQL", .serialized, .timeLimit(.minutes(5)))
struct EscalationTests {
    @Test func `a nudge escalates, and neither a redelivery nor a second worker does it twice`() async throws {
        try await withPipeline { pipeline in
            let desk = try await EscalationDesk(pipeline)
            let tickets = (0..<20).map { index in
                desk.ticket {
                    if index % 2 == 0 { $0.failedAttempts = 2 }
                }
            }
            try await desk.store(tickets)
            let nudges = try tickets.map { try desk.nudge($0.id) } + [desk.nudge(TicketID(.v7()))]
            for record in nudges + nudges { try await pipeline.producer.send(record) }
            let first = try RunningEscalation(desk)
            try await pipeline.until("all evaluated") {
                try await desk.holds(
                    ("SELECT count(*) FROM helpdesk.inbox WHERE consumer = 'escalation'", 21),
                    ("SELECT count(*) FROM helpdesk.outbox", 0))
            }
            await first.stop()
            let second = try RunningEscalation(desk, group: "helpdesk.escalation.again")
            let probe = desk.ticket { $0.failedAttempts = 3 }
            try await desk.store([probe])
            for _ in 0..<4 { try await pipeline.producer.send(try desk.nudge(probe.id)) }
            try await pipeline.until("read again") {
                try await desk.holds(
                    ("SELECT count(*) FROM helpdesk.escalations WHERE ticket_id = \(probe.id.uuid)", 1),
                    ("SELECT count(*) FROM helpdesk.inbox WHERE consumer = 'escalation'", 25),
                    ("SELECT count(*) FROM helpdesk.outbox", 0))
            }
            await second.stop()
            #expect(try await pipeline.count("SELECT count(*) FROM helpdesk.escalations") == 11)
            #expect(try await pipeline.count("SELECT count(*) FROM helpdesk.inbox WHERE outcome = 'ignored'") == 1)
            #expect(try await pipeline.count("SELECT max(version) FROM helpdesk.tickets") == 2)
            #expect(try await pipeline.count("SELECT count(*) FROM helpdesk.ticket_history") == 32)
            let told = try await desk.told("ticket.escalated")
            #expect(told.count == 11 && Set(told.compactMap { $0.headers[text: "ce_subject"] }).count == 11)
            let ids = try await pipeline.pool.query("SELECT event_ids FROM helpdesk.escalations").flatMap { try $0.decode([UUID].self, at: 0) }
            #expect(Set(ids.map(\.canonical)) == Set(told.compactMap { $0.headers[text: "ce_id"] }))
        }
    }

    @Test func `what a worker committed and did not publish the relay publishes`() async throws {
        try await withPipeline { pipeline in
            let desk = try await EscalationDesk(pipeline)
            let ticket = desk.ticket { $0.guardrails = ["host_access"] }
            try await desk.store([ticket])
            // Killed right after COMMIT: nobody has the rows in memory.
            _ = try await desk.evaluate([ticket.id])
            #expect(try await desk.told("ticket.escalated").isEmpty)
            let relay = OutboxRelay(store: pipeline.ledger, sink: pipeline.producer, age: .zero, logger: pipeline.logger)
            let task = Task { await relay.relayUntilCancelled() }
            try await pipeline.until("relayed") { try await pipeline.count("SELECT count(*) FROM helpdesk.outbox") == 0 }
            task.cancel()
            await task.value
            let record = try #require(try await desk.told("ticket.escalated").first)
            let payload = try TicketEscalated.decode(type: TicketEscalated.type, from: Data(record.value ?? []))
            #expect(payload.rule == "refused-request" && payload.grounds == ["host_access"] && payload.version == 2)
        }
    }

    /// What Triage stores and Escalation reads are the same words.
    @Test func `a submission goes through Triage and Escalation`() async throws {
        try await withPipeline { pipeline in
            let desk = try await EscalationDesk(pipeline)
            let panic = TicketID(.v7()), stubborn = TicketID(.v7())
            try await pipeline.producer.send(pipeline.submission(panic, "The VM stops with a kernel panic: not syncing, VFS unable to mount root"))
            try await pipeline.producer.send(pipeline.submission(stubborn, "I am stuck in a login redirect loop, the page reloads for ever"))
            for _ in 0..<2 { try await pipeline.producer.send(pipeline.reply(stubborn, "I followed the steps and it still does not work")) }
            let triage = pipeline.startWorker(), escalation = try RunningEscalation(desk)
            try await pipeline.until("both escalated") {
                try await desk.holds(
                    ("SELECT count(*) FROM helpdesk.escalations WHERE ticket_id = \(panic.uuid) AND rule = 'platform-failure'", 1),
                    ("SELECT count(*) FROM helpdesk.escalations WHERE ticket_id = \(stubborn.uuid) AND rule = 'failed-twice'", 1),
                    ("SELECT count(*) FROM helpdesk.outbox", 0))
            }
            await triage.stop()
            await escalation.stop()
            // One history row for each version, whoever wrote it.
            #expect(
                try await pipeline.count(
                    """
                    SELECT count(*) FROM helpdesk.tickets AS t
                    WHERE version <> (SELECT count(*) FROM helpdesk.ticket_history AS h WHERE h.ticket_id = t.id)
                    """) == 0)
            let account = try #require(try await EscalationQueries(pipeline.pool).why(stubborn, in: .all))
            let clock = try #require(account.clocks.map(\.clock).first { $0.target == .firstResponse })
            #expect(clock.status == .satisfied, "Triage answered")
            let handover = try #require(account.escalations.first { $0.rule == "failed-twice" }).handover
            #expect(handover.articles.isEmpty == false)
            let told = try await desk.told("ticket.escalated").compactMap { $0.value }.map {
                try TicketEscalated.decode(type: TicketEscalated.type, from: Data($0))
            }
            let whole = try #require(told.first { $0.rule == "failed-twice" }).handover.conversation
            #expect(whole.count { $0.author == .requester } == 3 && whole.contains { $0.author == .ai })
        }
    }

    /// The times of events may lie in the past: these run out two seconds from now.
    @Test func `a running worker breaches what runs out, and two of them once`() async throws {
        try await withPipeline { pipeline in
            let desk = try await EscalationDesk(pipeline)
            let tickets = (0..<30).map { _ in
                desk.ticket {
                    $0.severity = Labelled(.critical, by: .rule)
                    $0.submittedAt = Date() - 898
                }
            }
            try await desk.store(tickets)
            let workers = [try RunningEscalation(desk), try RunningEscalation(desk)]
            for ticket in tickets { try await pipeline.producer.send(try desk.nudge(ticket.id)) }
            try await pipeline.until("all breached and told") {
                try await desk.holds(
                    ("SELECT count(*) FROM helpdesk.sla_clocks WHERE breached_at IS NOT NULL", 30),
                    ("SELECT count(*) FROM helpdesk.outbox", 0))
            }
            for worker in workers { await worker.stop() }
            #expect(try await desk.told("sla.breached").count == 30)
            #expect(try await desk.told("sla.warned").count == 30)
            // By event time, to the microsecond.
            #expect(
                try await pipeline.count(
                    "SELECT count(*) FROM helpdesk.sla_clocks WHERE breached_at = started_at + interval '15 minutes' AND breached_at = due_at") == 30)
        }
    }

    @Test func `timer runners at once share the work and tell everything once`() async throws {
        try await withPipeline { pipeline in
            let desk = try await EscalationDesk(pipeline)
            let tickets = (0..<60).map { _ in
                desk.ticket {
                    $0.severity = Labelled(.critical, by: .rule)
                    $0.submittedAt = Date() - 899
                }
            }
            try await desk.store(tickets)
            _ = try await desk.evaluate(tickets.map(\.id))
            #expect(try await pipeline.count("SELECT count(*) FROM helpdesk.timers") == 60)
            // A timer whose ticket is gone, which nobody can evaluate.
            _ = try await pipeline.pool.execute(
                "INSERT INTO helpdesk.timers VALUES (\(UUID()), 'evaluate', clock_timestamp() - interval '1 hour')")
            let deadline = ContinuousClock.now + .seconds(30)
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<4 {
                    group.addTask {
                        let timers = desk.timers()
                        while try await pipeline.count("SELECT count(*) FROM helpdesk.sla_clocks WHERE breached_at IS NOT NULL") < 60,
                            ContinuousClock.now < deadline
                        {
                            _ = try await timers.runDue()
                        }
                        _ = try await timers.runDue()
                    }
                }
                try await group.waitForAll()
            }
            #expect(try await pipeline.count("SELECT count(*) FROM helpdesk.sla_clocks WHERE breached_at IS NOT NULL") == 60)
            #expect(try await outbox(pipeline, "sla.breached") == 60)
            #expect(try await pipeline.count("SELECT count(*) FROM helpdesk.timers WHERE kind = 'evaluate'") == 0)
            #expect(try await pipeline.count("SELECT count(*) FROM helpdesk.ticket_history") == 120)
        }
    }

    @Test func `a ticket that cannot be evaluated is put off and the others go on`() async throws {
        try await withPipeline { pipeline in
            let desk = try await EscalationDesk(pipeline)
            let tickets = (0..<5).map { _ in
                desk.ticket {
                    $0.severity = Labelled(.critical, by: .rule)
                    $0.submittedAt = Date() - 800
                }
            }
            try await desk.store(tickets)
            _ = try await desk.evaluate(tickets.map(\.id))
            _ = try await pipeline.pool.execute("UPDATE helpdesk.timers SET due_at = clock_timestamp() - interval '1 second'")
            _ = try await pipeline.pool.execute(
                "UPDATE helpdesk.ticket_history SET changes = '[{\"field\": \"state\", \"to\": 7}]' WHERE ticket_id = \(tickets[2].id.uuid)")
            try await desk.timers().runDue()
            let late = try await pipeline.pool.query(
                "SELECT ticket_id FROM helpdesk.timers WHERE due_at BETWEEN clock_timestamp() + interval '50 s' AND clock_timestamp() + interval '61 s'"
            )
            #expect(try late.map { try $0.decode(UUID.self, at: 0) }.contains(tickets[2].id.uuid))
            #expect(try await pipeline.count("SELECT count(*) FROM helpdesk.timers WHERE due_at < clock_timestamp()") == 0)
        }
    }

    /// The last reports of several outages arrive at several workers at once; each outage is one incident.
    @Test(arguments: 0..<4) func `workers at once open one incident`(round: Int) async throws {
        try await withPipeline { pipeline in
            let desk = try await EscalationDesk(pipeline)
            let outages = (0..<3).map { outage in
                (0..<6).map { _ in
                    desk.ticket {
                        $0.category = Labelled("network-\(outage)", by: .model)
                        $0.subject = "Network down"
                        $0.body = "The range network is down, no machine answers to ping"
                    }
                }
            }
            try await desk.store(outages.flatMap { $0 })
            try await withThrowingTaskGroup(of: Void.self) { group in
                for worker in 0..<3 {
                    // Each holds tickets of every outage, in an order of its own.
                    let ids = outages.flatMap { [$0[2 * worker].id, $0[2 * worker + 1].id] }.shuffled()
                    group.addTask { _ = try await desk.evaluate(ids) }
                }
                try await group.waitForAll()
            }
            let timers = desk.timers()
            try await pipeline.until("everybody raised") {
                _ = try await timers.runDue()
                return try await pipeline.count("SELECT count(*) FROM helpdesk.escalations WHERE rule = 'several-people'") == 18
            }
            #expect(try await pipeline.count("SELECT count(*) FROM helpdesk.incidents") == 3)
            #expect(try await pipeline.count("SELECT count(*) FROM helpdesk.incident_tickets") == 18)
            #expect(
                try await pipeline.count("SELECT count(DISTINCT (incident_id, ticket_id)) FROM helpdesk.escalations WHERE incident_id IS NOT NULL")
                    == 18)
            #expect(try await outbox(pipeline, "incident.opened") == 3)

            let all = outages.flatMap { $0.map(\.id) }
            try await desk.move(all, to: .resolved)
            try await withThrowingTaskGroup(of: Void.self) { group in
                for part in 0..<3 {
                    let ids = all.enumerated().filter { $0.offset % 3 == part }.map(\.element)
                    group.addTask { _ = try await desk.evaluate(ids) }
                }
                try await group.waitForAll()
            }
            #expect(try await pipeline.count("SELECT count(*) FROM helpdesk.incidents WHERE closed_at IS NOT NULL") == 3)
            #expect(try await outbox(pipeline, "incident.closed") == 3)
        }
    }

    @Test func `a ticket's account tells why, and a candidate is replayed over the history`() async throws {
        try await withPipeline { pipeline in
            let desk = try await EscalationDesk(pipeline)
            let escalated = desk.ticket {
                $0.failedAttempts = 2
                $0.requester = Requester(id: "mara")
            }
            let quiet = (0..<700).map { _ in desk.ticket { $0.confidence = 0.5 } }
            try await desk.store([escalated] + quiet)
            _ = try await desk.evaluate([escalated.id] + quiet.prefix(350).map(\.id))
            _ = try await desk.evaluate(quiet.suffix(350).map(\.id))
            let queries = EscalationQueries(pipeline.pool)
            let account = try #require(try await queries.why(escalated.id, in: .requester("mara")))
            #expect(account.escalations.map(\.rule) == ["failed-twice"] && account.clocks.count == 2)
            #expect(account.escalations.first?.evidence.first?.found == "2" && account.timers.map(\.kind) == [.sla])
            #expect(account.decisions.map(\.sequence) == [1])
            #expect(try await queries.why(escalated.id, in: .requester("eve")) == nil)

            let same = try await ReplayPolicy.report(desk.recorder.evaluator.policy, queries, since: Date(timeIntervalSince1970: 0))
            #expect(same.decisions == 701 && same.differing == 0 && same.unfaithful == 0)
            let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../deploy/config").standardized
            let text = try String(contentsOf: folder.appending(path: "escalation-policy.yaml"), encoding: .utf8)
            let candidate = try EscalationPolicy(text: text.replacing("below: 0.45", with: "below: 0.6"), name: "candidate.yaml")
            let report = try await ReplayPolicy.report(candidate, queries, since: Date(timeIntervalSince1970: 0))
            #expect(report.differing == 700 && report.differences.count == 50)
            #expect(report.description.contains("701 decisions, 700 differ; escalated 1 -> 701"))
            #expect(report.description.hasSuffix("... and 650 more"))
            #expect(try await ReplayPolicy.report(candidate, queries, since: Date() + 60).decisions == 0)
        }
    }

    private func outbox(_ pipeline: Pipeline, _ type: String) async throws -> Int {
        let rows = try await pipeline.pool.query("SELECT headers::text FROM helpdesk.outbox")
        return try rows.count { try $0.decode(String.self, at: 0).contains(type) }
    }
}
