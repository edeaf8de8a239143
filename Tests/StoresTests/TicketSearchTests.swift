import Domain
import Postgres
import Stores
import TestSupport
import Testing

@Suite("The search of tickets in PostgreSQL", .serialized, .timeLimit(.minutes(3)))
struct TicketSearchTests {
    @Test("Words are found in subject, text, messages and answers, in six languages, with or without accents")
    func words() async throws {
        try await WorkDesk.with { desk in
            let german = try await desk.store(subject: "Größe der Übung", body: "Der Bildschirm friert ein: Straße gesperrt.")
            let french = try await desk.store(subject: "Écran figé", body: "L'œuvre est bloquée, ÇA ne marche pas.")
            let other = try await desk.store(body: "A kernel panic with code 0x7f.", messages: [(.public, "Restart the VM from the console.")])
            while try await desk.search.index() > 0 {}
            #expect(try await desk.search.backlog() == 0)
            for words in ["groesse OR grosse", "Ubung", "übung", "STRASSE", "bildschirm friert", "\"friert ein\""] {
                #expect(try await desk.find(words) == [german.id], "\(words)")
            }
            for words in ["ecran", "FIGE", "oeuvre", "ça bloquee"] { #expect(try await desk.find(words) == [french.id], "\(words)") }
            for words in ["kernel", "restart console", "kernel restart", "panic -frozen OR 0x7f"] {
                #expect(try await desk.find(words).contains(other.id), "\(words)")
            }
            #expect(try await desk.find("\"ein friert\"").isEmpty)
            #expect(try await desk.find("kernel -panic").isEmpty)
        }
    }

    @Test("Internal notes are words for those who may read them, and for nobody else")
    func internalNotes() async throws {
        try await WorkDesk.with { desk in
            let ticket = try await desk.store(messages: [(.public, "Please wait."), (.internal, "Suspected sabotage.")])
            while try await desk.search.index() > 0 {}
            #expect(try await desk.find("sabotage") == [ticket.id])
            #expect(try await desk.find("frozen sabotage") == [ticket.id], "words of both kinds together")
            #expect(try await desk.find("sabotage", scope: .requester("ada"), includingInternal: false).isEmpty)
            #expect(try await desk.find("frozen -sabotage", scope: .requester("ada"), includingInternal: false) == [ticket.id])
            #expect(try await desk.find("wait", scope: .requester("ada"), includingInternal: false) == [ticket.id])
            #expect(try await desk.find("wait", scope: .requester("bob"), includingInternal: false).isEmpty)
        }
    }

    @Test(
        "Nothing that is asked for breaks the query",
        arguments: [
            "'", "\"", "\\", "'); DROP TABLE helpdesk.tickets; --", "%", "*", ":*", "a & | !", "(((", "-", "- -", "or or", "\u{FDFA}", "\u{1F9EA}",
            "$1", "e\u{301}", "\u{FFFF}", String(repeating: "a", count: 300), String(repeating: "- ", count: 150)
        ])
    func hostile(words: String) async throws {
        try await WorkDesk.with { desk in
            let ticket = try await desk.store()
            while try await desk.search.index() > 0 {}
            do {
                _ = try await desk.find(words)
            } catch is UnreadableWords {
                #expect(words.contains("- - - -"))
            }
            #expect(try await desk.find("frozen") == [ticket.id])
        }
    }

    @Test("A ticket of more words than an index holds is found by its first, and keeps nobody else out")
    func huge() async throws {
        try await WorkDesk.with { desk in
            var random = SeededGenerator(seed: 1)
            func noise(_ count: Int) -> String {
                String(String.UnicodeScalarView((0..<count).map { $0 % 3 == 2 ? " " : Unicode.Scalar(0x20000 + UInt32(random.below(40_000)))! }))
            }
            let words = (0..<12).map { _ in (Visibility.public, noise(100_000)) }
            let huge = try await desk.store(subject: "Enormous", body: noise(100_000), messages: words)
            let ligatures = try await desk.store(subject: "Ligatures", body: String(repeating: "\u{FDFA} ", count: 50_000))
            let small = try await desk.store(subject: "Small")
            while try await desk.search.index() > 0 {}
            #expect(try await desk.find("enormous") == [huge.id])
            #expect(try await desk.find("ligatures") == [ligatures.id])
            #expect(try await desk.find("small") == [small.id])
        }
    }

    @Test("Indexers at once leave the newest words")
    func atOnce() async throws {
        try await WorkDesk.with { desk in
            var tickets: [Ticket] = []
            for index in 0..<20 { tickets.append(try await desk.store(subject: "number\(index)")) }
            for ticket in tickets {
                try await desk.pool.execute("INSERT INTO helpdesk.search_queue (ticket_id) VALUES (\(ticket.id.uuid))")
            }
            await withTaskGroup(of: Void.self) { group in
                for _ in 0..<4 { group.addTask { while (try? await desk.search.index(limit: 3)) ?? 1 > 0 {} } }
            }
            #expect(try await desk.search.backlog() == 0)
            #expect(try await desk.count("helpdesk.ticket_search") == 20)
            for (index, ticket) in tickets.enumerated() { #expect(try await desk.find("number\(index)") == [ticket.id]) }
        }
    }
}
