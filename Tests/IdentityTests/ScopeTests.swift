import Access
import Domain
import Foundation
import Logging
import Postgres
import Stores
import TestSupport
import Testing

@testable import Identity

@Suite("The access predicate in memory and in PostgreSQL", .serialized, .timeLimit(.minutes(5)))
struct ScopeTests {
    @Test("For any permissions, requester and owner both let the same tickets through")
    func agree() async throws {
        let pool = ConnectionPool(
            settings: try PostgresSettings(url: try await PrivatePostgres.shared().createDatabase()), logger: Logger(label: "test"))
        _ = try await Migrator(Migrations.all, schema: Migrations.schema).migrate(pool)
        // Names that folding, trimming, patterns or quoting would confuse.
        let names = ["ada", "Ada", "ada ", " ada", "ad", "a%", "a_a", "", "ada'--", "\u{E9}", "e\u{301}", "\u{202E}ada", "*", "null"]
        let ids = names.map { _ in UUID() }
        try await pool.execute(
            "INSERT INTO helpdesk.tickets (id, version, requester_id) SELECT t.id, 1, t.name FROM unnest(\(ids), \(names)) AS t(id, name)")
        // A stub belongs to nobody.
        try await pool.execute("INSERT INTO helpdesk.tickets (id, version, requester_id) VALUES (\(UUID()), 0, 'ada')")
        let queries = TicketQueries(pool)
        for seed in 0..<200 {
            var generator = SeededGenerator(seed: UInt64(seed))
            let permissions = Set(Permission.allCases.filter { _ in Int.random(in: 0..<4, using: &generator) == 0 })
            let principal = Principal(
                id: "key:1", role: "any", permissions: permissions, requesterID: names.randomElement(using: &generator) ?? "", persona: .trainee)
            let visible = principal.visibleTickets
            let page = try await queries.page(TicketFilter(), in: visible.scope, includingInternal: true, after: nil, limit: 100)
            // UTF-8 decides: PostgreSQL compares bytes, Swift compares what characters mean.
            let expected = names.filter { visible.includes(ticketOf: $0) }.map { Array($0.utf8) }
            #expect(Set(page.tickets.map { Array($0.requester.id.utf8) }) == Set(expected), "\(permissions) as '\(principal.requesterID)'")
            for (name, id) in zip(names, ids) {
                let found = try await queries.ticket(TicketID(id), in: visible.scope) != nil
                #expect(found == visible.includes(ticketOf: name))
            }
        }
        await pool.close()
    }
}
