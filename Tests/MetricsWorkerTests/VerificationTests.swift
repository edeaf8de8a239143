import Domain
import Foundation
import Postgres
import Stores
import TestSupport
import Testing

@testable import MetricsWorker

/// Rows as the other stages write them, with the events that they emit for them.
struct SyntheticDesk {
    var statements: [SQL] = []
    var events: [MetricRecorded] = []
    var random: SeededGenerator

    init(seed: UInt64, tickets: Int) {
        random = SeededGenerator(seed: seed)
        for index in 0..<tickets { addTicket(index) }
        let opened = instant()
        statements.append(
            """
            INSERT INTO helpdesk.incidents (id, rule, category, severity, opened_by, requesters, opened_at)
            VALUES (gen_random_uuid(), 'look-alikes', 'dns', 'high', gen_random_uuid(), 3, \(opened))
            """)
        events.append(MetricRecorded(sampleTicket(), at: opened, [.init(.incidents, detail: "look-alikes")]))
    }

    /// Within three days, on both sides of midnight.
    private mutating func instant() -> Date {
        ten.addingTimeInterval((Double.random(in: -150_000..<150_000, using: &random) * 1000).rounded() / 1000)
    }

    private mutating func addTicket(_ index: Int) {
        let id = TicketID(.v7()), at = instant(), ticket = sampleTicket(id, category: ["dns", "vpn"].randomElement(using: &random)!)
        let answer = ["answered", "not_covered"].randomElement(using: &random)!
        let hits = index % 4
        let guardrails = JSONB(
            bytes: Array("[\((0..<hits).map { _ in #"{"kind":"disable_logging"}"# }.joined(separator: ","))]".utf8))
        statements.append(
            """
            INSERT INTO helpdesk.tickets (id, version, requester_id, category, submitted_at, state)
            VALUES (\(id.uuid), 1, 'mara', \(ticket.category.value), \(at), 'triaged')
            """)
        statements.append(
            """
            INSERT INTO helpdesk.classifications (ticket_id, revision, event_id, stage, language, language_confidence, category, category_source, tier,
                tier_source, severity, severity_source, confidence, needs_human, guardrails, reasons, taxonomy_version, guardrails_version, model_version, at)
            VALUES (\(id.uuid), 1, gen_random_uuid(), 'triage', 'en', 1, 'dns', 'model', 1, 'model', 'low', 'model', 1, false, \(guardrails), '[]', 't', 'g', 'm', \(at))
            """)
        statements.append(
            """
            INSERT INTO helpdesk.answers (ticket_id, number, event_id, stage, outcome, language, citations, articles, at)
            VALUES (\(id.uuid), 1, gen_random_uuid(), 'triage', \(answer), 'en', '{}', '[]', \(at))
            """)
        var measured: [MetricRecorded.Measurement] = [
            .init(.ticketsSubmitted), .init(.classifications, detail: "triage"), .init(.answers, detail: answer)
        ]
        if hits > 0 { measured.append(.init(.guardrailHits, Double(hits), detail: "disable_logging")) }
        events.append(MetricRecorded(ticket, at: at, measured))
        if index % 2 == 0 { addReplies(ticket, at: at) }
        if index % 3 == 0 { addEscalation(ticket) }
        if index % 5 == 0 { addModelLook(ticket) }
    }

    private mutating func message(_ ticket: Ticket, _ number: Int, _ kind: String, at: Date) {
        statements.append(
            """
            INSERT INTO helpdesk.messages (id, ticket_id, number, author_kind, author_id, visibility, body, language, guardrails, at)
            VALUES (gen_random_uuid(), \(ticket.id.uuid), \(Int32(number)), \(kind), 'x', 'public', 'b', 'en', '[]', \(at))
            """)
    }

    private mutating func addReplies(_ ticket: Ticket, at: Date) {
        let early = at.addingTimeInterval(-30), late = at.addingTimeInterval(7200.125), reopened = late.addingTimeInterval(60)
        // An answer that claims to come before the ticket took no time.
        message(ticket, 1, "ai", at: early)
        events.append(MetricRecorded(ticket, at: early, [.init(.messagesStored, detail: "ai"), .init(.firstResponseSeconds, 0, detail: "any")]))
        message(ticket, 2, "agent", at: late)
        events.append(
            MetricRecorded(ticket, at: late, [.init(.messagesStored, detail: "agent"), .init(.firstResponseSeconds, 7200.125, detail: "human")]))
        message(ticket, 3, "agent", at: reopened)
        events.append(MetricRecorded(ticket, at: reopened, [.init(.messagesStored, detail: "agent"), .init(.reopenings)]))
        statements.append(
            """
            INSERT INTO helpdesk.ticket_history (ticket_id, version, kind, cause, actor_kind, actor_id, origin, changes, at)
            VALUES (\(ticket.id.uuid), 2, 'replied', gen_random_uuid(), 'requester', 'mara', 't[0]@1', '[{"field": "cycle", "from": "1", "to": "2"}]', \(reopened))
            """)
    }

    private mutating func addEscalation(_ ticket: Ticket) {
        let at = instant()
        statements.append(
            """
            INSERT INTO helpdesk.escalations (ticket_id, cycle, rule, is_final, grounds, evidence, tier, severity, policy_version, ticket_version, why,
                handover, at, event_ids)
            VALUES (\(ticket.id.uuid), 1, 'kernel-panic', true, '{}', '[]', 3, 'high', 'p', 1, 'w', '{}', \(at), '{}')
            """)
        statements.append(
            """
            INSERT INTO helpdesk.sla_clocks (ticket_id, target, cycle, started_at, severity, status, due_at, warned_at, breached_at, allowance, used, measured_at)
            VALUES (\(ticket.id.uuid), 'first_response', 1, \(at), 'high', 'running', \(at), \(at), \(at), 1, 1, \(at))
            """)
        events.append(
            MetricRecorded(
                ticket, at: at,
                [
                    .init(.escalations, detail: "kernel-panic"), .init(.slaWarnings, detail: "first_response"),
                    .init(.slaBreaches, detail: "first_response")
                ]))
    }

    private mutating func addModelLook(_ ticket: Ticket) {
        let at = instant(), cost = Double.random(in: 0..<0.01, using: &random)
        statements.append(
            """
            INSERT INTO helpdesk.model_answers (event_id, prompt_version, ticket_id, model, content, sources, redacted, input_tokens, output_tokens, cost,
                attempts, latency, at)
            VALUES (gen_random_uuid(), 'p', \(ticket.id.uuid), 'qwen3', '{}', '{}', '{}', 900, 70, \(cost), 1, 1.5, \(at))
            """)
        statements.append(
            """
            INSERT INTO helpdesk.suggestions (ticket_id, number, event_id, reason, category, tier, severity, confidence, language, rationale, citations,
                model, prompt_version, at)
            VALUES (\(ticket.id.uuid), 1, gen_random_uuid(), 'r', 'dns', 1, 'low', 0.5, 'en', 'r', '{}', 'qwen3', 'p', \(at))
            """)
        events.append(
            MetricRecorded(
                ticket, at: at,
                [
                    .init(.modelCalls, detail: "qwen3"), .init(.modelTokensIn, 900, detail: "qwen3"), .init(.modelTokensOut, 70, detail: "qwen3"),
                    .init(.modelCost, cost, detail: "qwen3"), .init(.modelSeconds, 1.5, detail: "qwen3"), .init(.suggestions, detail: "qwen3")
                ]))
    }

    /// Writes the rows, and delivers the events in batches, some twice.
    mutating func store(_ pool: ConnectionPool) async throws {
        let rows = statements
        try await pool.transaction { connection in for row in rows { try connection.execute(row) } }
        var decisions: [DecidedMetric] = []
        for event in events.shuffled(using: &random) { decisions.append(try await decided(record(event))) }
        var start = 0
        while start < decisions.count {
            let batch = Array(decisions[start..<min(decisions.count, start + random.below(30) + 1)])
            start += batch.count
            try await deliver(batch, pool)
            if random.chance(0.3) { try await deliver(batch, pool) }
        }
    }
}

@Suite("Verification in PostgreSQL", .serialized, .timeLimit(.minutes(3)))
struct VerificationTests {
    @Test(arguments: [1, 2, 3]) func whatIsCountedIsWhatIsStored(seed: UInt64) async throws {
        let pool = try await emptyDatabase()
        var desk = SyntheticDesk(seed: seed, tickets: 60)
        try await desk.store(pool)
        let result = try await MetricVerification(pool).run()
        #expect(result.differences == [])
        #expect(result.recounted["tickets_submitted"] == 60)
        #expect(result.recounted.values.allSatisfy { $0 > 0 }, "the desk leaves a metric untested: \(result.recounted)")
        await pool.close()
    }

    @Test func everyDeclaredMetricIsRecounted() async throws {
        let pool = try await emptyDatabase()
        let result = try await MetricVerification(pool).run()
        #expect(result.notRecounted == [])
        #expect(Set(result.recounted.keys) == Set(Metric.allCases.map(\.rawValue)))
        await pool.close()
    }

    @Test(
        arguments: [
            (
                "DELETE FROM helpdesk.metric_facts WHERE ctid = (SELECT ctid FROM helpdesk.metric_facts WHERE name = 'answers' LIMIT 1)", "answers",
                ["facts"]
            ),
            ("UPDATE helpdesk.metric_rollups SET count = count + 1 WHERE grain = 'minute' AND name = 'escalations'", "escalations", ["minutes"]),
            ("UPDATE helpdesk.metric_rollups SET sum = sum + 1 WHERE grain = 'hour' AND name = 'model_tokens_in'", "model_tokens_in", ["hours"]),
            ("UPDATE helpdesk.metric_rollups SET detail = 'other' WHERE grain = 'day' AND name = 'sla_breaches'", "sla_breaches", ["days"]),
            (
                "INSERT INTO helpdesk.tickets (id, version, submitted_at) VALUES (gen_random_uuid(), 1, '2026-11-22T10:30:00Z')", "tickets_submitted",
                ["facts", "minutes", "hours", "days"]
            )
        ] as [(String, String, [String])]) func aDifferenceIsFoundWhereItIs(damage: String, metric: String, witnesses: [String]) async throws
    {
        let pool = try await emptyDatabase()
        var desk = SyntheticDesk(seed: 7, tickets: 30)
        try await desk.store(pool)
        try await pool.withConnection { try $0.executeScript(damage) }
        let result = try await MetricVerification(pool).run()
        #expect(Set(result.differences.map(\.metric)) == [metric])
        #expect(Set(result.differences.map(\.witness.rawValue)) == Set(witnesses))
        await pool.close()
    }

    @Test func boundsCutWholeDaysAndHoursAndForeignMetricsAreNamed() async throws {
        let pool = try await emptyDatabase()
        var desk = SyntheticDesk(seed: 9, tickets: 20)
        try await desk.store(pool)
        var foreign = MetricRecorded(sampleTicket(), at: ten, [.init(.answers)])
        foreign.measurements[0].name = "coffee_cups"
        try await deliver([try await decided(record(foreign))], pool)
        // Stored and not counted yet: outside the bound it does not matter.
        try await pool.execute(
            "INSERT INTO helpdesk.tickets (id, version, submitted_at) VALUES (gen_random_uuid(), 1, \(ten.addingTimeInterval(200_000)))")
        let verification = MetricVerification(pool)
        #expect(try await verification.run().differences.count == 4)
        #expect(try await verification.run(until: ten.addingTimeInterval(190_000)).differences == [])
        #expect(try await verification.run(from: ten, until: ten.addingTimeInterval(5000)).differences == [])
        #expect(try await verification.run().notRecounted == ["coffee_cups"])
        // Facts that were pruned are not missed.
        try await pool.execute("DELETE FROM helpdesk.metric_facts WHERE day < '2026-11-22'")
        #expect(try await !verification.run(until: ten.addingTimeInterval(190_000)).differences.isEmpty)
        let from = try #require(RFC3339Day.date("2026-11-22"))
        #expect(try await verification.run(until: ten.addingTimeInterval(190_000), factsFrom: from).differences == [])
        await pool.close()
    }

    @Test func theReportSaysWhatTheTablesSay() async throws {
        let pool = try await emptyDatabase()
        var desk = SyntheticDesk(seed: 11, tickets: 30)
        try await desk.store(pool)
        let period = try #require(ReportPeriod("2026-11-19..2026-11-25", now: ten))
        let report = try await ReportQueries(pool).report(from: period.from, until: period.until, by: .category)
        #expect(report.tickets == 30)
        #expect(report.messages == ["ai": 15, "agent": 30])
        #expect(report.classifications == ["triage": 30])
        #expect(report.guardrailHits == ["disable_logging": 7 * (1 + 2 + 3) + 1])
        #expect(report.answers.values.reduce(0, +) == 30)
        #expect(report.escalations == ["kernel-panic": 10])
        #expect(report.escalatedTickets == 10)
        #expect(report.incidents == ["look-alikes": 1])
        #expect(report.reopenings == 15)
        #expect(report.firstResponse["any"] == Report.Latency(count: 15, average: 0, p50: 0, p95: 0))
        #expect(report.firstResponse["human"] == Report.Latency(count: 15, average: 7200.125, p50: 7200.125, p95: 7200.125))
        #expect(report.sla == [Report.Target(target: "first_response", due: 10, breached: 10, warnings: 10, breaches: 10)])
        #expect(report.models.map(\.calls) == [6])
        #expect(report.models.first?.tokensIn == 5400)
        #expect(report.models.first?.seconds == Report.Latency(count: 6, average: 1.5, p50: 1.5, p95: 1.5))
        #expect(report.breakdown?.rows.reduce(0) { $0 + $1.tickets } == 30)
        #expect(report.breakdown?.rows.map(\.value).sorted() == ["dns", "vpn"])
        let byRule = try await ReportQueries(pool).report(from: period.from, until: period.until, by: .rule)
        #expect(byRule.breakdown?.rows == [.init(value: "kernel-panic", tickets: 0, answered: 0, escalations: 10)])
        await pool.close()
    }
}
