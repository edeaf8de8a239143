import Domain
import Foundation
import Logging
import Postgres
import Stores
import TestSupport
import Testing
import WorkerLaunch
import WorkerRuntime

/// What Escalation reads while hundreds report the same thing.
@Suite("An outage that many report, in PostgreSQL", .serialized, .timeLimit(.minutes(3)))
struct OutageTests {
    private static let incident = UUID()

    /// Stores so many tickets of one category, a second apart, that all belong to one incident; the last joined it last.
    private func outage(_ desk: EscalationDesk, of count: Int) async throws -> [Ticket] {
        let begun = Date(timeIntervalSince1970: 1_793_620_800)
        let tickets = (0..<count).map { number in desk.ticket { $0.submittedAt = begun.addingTimeInterval(Double(number)) } }
        try await desk.store(tickets)
        try await desk.pipeline.pool.transaction { connection in
            var changes = EscalationChanges()
            changes.opened = [
                StoredIncident(
                    id: Self.incident, rule: "several-people", category: "vpn", severity: .high, openedBy: tickets[0].id, requesters: 3,
                    openedAt: begun, tickets: [])
            ]
            changes.joined = tickets.map { (Self.incident, $0.id, $0.submittedAt) }
            try PostgresTicketTransaction(connection).write(changes)
        }
        return tickets
    }

    private func read<Value: Sendable>(
        _ desk: EscalationDesk, _ body: @Sendable (PostgresTicketTransaction) throws -> Value
    ) async throws -> Value {
        try await desk.pipeline.pool.transaction { try body(PostgresTicketTransaction($0)) }
    }

    @Test func `a ticket is read with the newest of its incident, and each of a batch without itself`() async throws {
        try await withPipeline { pipeline in
            let desk = try await EscalationDesk(pipeline)
            let tickets = try await outage(desk, of: 230)
            let alone = desk.ticket()
            try await desk.store([alone])
            let records = try await read(desk) { try $0.records(of: [tickets[0], tickets[229], alone]) }
            let newest = Set(tickets[30...].map(\.id))
            #expect(records[tickets[0].id]?.incidents == [Self.incident] && records[tickets[0].id]?.fellows == newest)
            #expect(records[tickets[229].id]?.fellows == newest.subtracting([tickets[229].id]))
            #expect(records[alone.id]?.incidents == [] && records[alone.id]?.fellows == [])
        }
    }

    @Test func `neighbours are the newest open ones of the category and the time, of a batch as of one`() async throws {
        try await withPipeline { pipeline in
            let desk = try await EscalationDesk(pipeline)
            let noon = Date(timeIntervalSince1970: 1_793_620_800)
            func ticket(_ seconds: Double, _ category: String = "vpn", _ change: (inout Ticket) -> Void = { _ in }) -> Ticket {
                desk.ticket {
                    $0.submittedAt = noon.addingTimeInterval(seconds)
                    $0.category = Labelled(category, by: .model)
                    change(&$0)
                }
            }
            let a = ticket(0), soon = ticket(50), late = ticket(400), other = ticket(10, "lab")
            let near = ticket(-90), edge = ticket(-100), beyond = ticket(-101), closed = ticket(5) { $0.state = .closed }
            try await desk.store([a, soon, late, other, near, edge, beyond, closed])
            let place = try await read(desk) {
                try $0.neighbourhood(of: [a, soon, late, other], fellows: [late.id: [closed.id, late.id]], within: 100, limit: 10)
            }
            #expect(Set(place.neighbours[a.id] ?? []) == [soon.id, near.id, edge.id])
            // Read together with the one above, and yet not what is out of its own time.
            #expect(Set(place.neighbours[soon.id] ?? []) == [a.id])
            #expect(place.neighbours[late.id] == [closed.id] && place.neighbours[other.id] == [])
            #expect(place.tickets[closed.id]?.state == .closed && place.tickets[near.id]?.requester == near.requester.id)
            #expect(place.tickets[near.id]?.submittedAt == near.submittedAt)
            // Late: the newest of both are too late for the older one, which is read alone then.
            let after = (0..<4).map { ticket(Double(125 + $0)) }
            try await desk.store(after)
            let both = try await read(desk) { try $0.neighbourhood(of: [a, soon], fellows: [:], within: 100, limit: 3) }
            #expect(Set(both.neighbours[a.id] ?? []) == [soon.id, near.id, edge.id])
            #expect((both.neighbours[soon.id] ?? []).count == 3 + 1)
            let two = try await read(desk) { try $0.neighbourhood(of: [a], fellows: [:], within: 100, limit: 2) }
            #expect(Set((two.neighbours[a.id] ?? []).prefix(2)) == [soon.id, near.id])
        }
    }

    @Test func `a locked incident names the tickets that were asked for, and counts the others when none is open`() async throws {
        try await withPipeline { pipeline in
            let desk = try await EscalationDesk(pipeline)
            let tickets = try await outage(desk, of: 5)
            let ids = tickets.map(\.id)
            func lock(leaving: [TicketID]? = nil) async throws -> StoredIncident? {
                try await read(desk) {
                    try $0.lockIncidents(
                        opening: [IncidentKey(rule: "several-people", category: "vpn")], of: [ids[0], ids[1]], leaving: leaving ?? [ids[0]]
                    ).first
                }
            }
            try await desk.move(Array(ids.dropFirst()), to: .resolved)
            var found = try #require(try await lock())
            // The oldest alone is open.
            #expect(found.id == Self.incident && found.hasOpenTickets && found.tickets == [ids[0], ids[1]])
            try await desk.move([ids[0]], to: .resolved)
            found = try #require(try await lock())
            #expect(!found.hasOpenTickets && found.tickets == [ids[0], ids[1]] && found.others == 3)
            // Nobody leaves: it is not closed, and nothing is counted.
            found = try #require(try await lock(leaving: []))
            #expect(found.hasOpenTickets && found.others == 0 && found.tickets == [ids[0], ids[1]])
            try await desk.move([ids[4]], to: .inProgress)
            #expect(try await lock()?.hasOpenTickets == true)
            let nobody = try await read(desk) { try $0.lockIncidents(opening: [], of: [TicketID(.v7())], leaving: []) }
            #expect(nobody.isEmpty)
        }
    }

    @Test func `what is planned while the tables are empty goes by an index`() async throws {
        let url = try await PrivatePostgres.shared().createDatabase()
        let ids = (0..<50).map { _ in UUID() }
        for (indexed, expected) in [(false, true), (true, false)] {
            var settings = try PostgresSettings(url: url)
            if indexed { settings.findsRowsByKey() }
            let pool = ConnectionPool(settings: settings, logger: Logger(label: "test"))
            _ = try await Migrator(Migrations.all, schema: Migrations.schema).migrate(pool)
            for plan: SQL in [
                "EXPLAIN SELECT * FROM helpdesk.tickets WHERE id = ANY(\(ids))",
                "EXPLAIN SELECT * FROM helpdesk.timers WHERE ticket_id = ANY(\(ids))"
            ] {
                let text = try await pool.query(plan).map { try $0.decode(String.self, at: 0) }.joined(separator: "\n")
                #expect(text.contains("Seq Scan") == expected, "\(text)")
            }
            await pool.close()
        }
    }
}
