import Domain
import Foundation
import Postgres
import Stores
import TestSupport
import Testing
import WorkerRuntime

@Suite("Knowledge and answers in PostgreSQL", .serialized, .timeLimit(.minutes(2)))
struct KnowledgeStoreTests {
    static func article(_ id: String, _ content: String, file: String? = nil, version: String = "1.0") -> StoredArticle {
        StoredArticle(
            id: id, contentVersion: content, fileName: file ?? "\(id).md", title: id.uppercased(), version: version, lastUpdated: "2025-02-28",
            status: "current", text: "text of \(id) as \(content)")
    }

    @Test("A library is stored once, whatever is repeated, and an older one comes back")
    func syncing() async throws {
        let pool = try await emptyDatabase()
        let store = KnowledgeStore(pool)
        #expect(try await store.activeVersion() == nil)
        #expect(try await store.active() == nil)
        let first = [Self.article("a", "1"), Self.article("b", "1"), Self.article("c", "1")]
        var changes = try await store.sync(version: "one", articles: first, by: "ada")
        #expect(changes.added == ["a", "b", "c"] && changes.previous == nil && !changes.isRepetition)
        changes = try await store.sync(version: "one", articles: first, by: "bob")
        #expect(changes.isRepetition && changes.unchanged == ["a", "b", "c"] && changes.added.isEmpty)
        let second = [Self.article("a", "1"), Self.article("b", "2", version: "1.1"), Self.article("d", "1")]
        changes = try await store.sync(version: "two", articles: second, by: "bob")
        #expect(changes.added == ["d"] && changes.changed == ["b"] && changes.removed == ["c"] && changes.unchanged == ["a"])
        #expect(changes.previous == "one")
        #expect(try await store.active()?.articles == second)
        changes = try await store.sync(version: "one", articles: first, by: "eve")
        #expect(changes.previous == "two" && !changes.isRepetition)
        #expect(try await store.active()?.articles == first)
        let libraries = try await store.libraries()
        #expect(libraries.map(\.version) == ["one", "two"] && libraries.map(\.isActive) == [true, false] && libraries.map(\.articles) == [3, 3])
        #expect(libraries.map(\.syncedBy) == ["ada", "bob"])
        await pool.close()
    }

    @Test("The same text under another file name is another library, not another text")
    func renaming() async throws {
        let pool = try await emptyDatabase()
        let store = KnowledgeStore(pool)
        _ = try await store.sync(version: "one", articles: [Self.article("a", "1", file: "01-a.md")], by: "ada")
        let changes = try await store.sync(version: "two", articles: [Self.article("a", "1", file: "02-a.md")], by: "ada")
        #expect(changes.changed == ["a"])
        #expect(try await store.active()?.articles.map(\.fileName) == ["02-a.md"])
        #expect(try await pool.query("SELECT count(*) FROM helpdesk.kb_articles").scalar(Int64.self) == 1)
        await pool.close()
    }

    @Test("Of libraries synced at the same moment one is in force, and whole")
    func concurrentSyncs() async throws {
        let pool = try await emptyDatabase()
        let store = KnowledgeStore(pool)
        let versions = (1...8).map { "v\($0)" }
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<3 {
                for version in versions {
                    group.addTask {
                        _ = try await store.sync(
                            version: version, articles: ["a", "b", "c"].map { Self.article($0, "\($0)-\(version)") }, by: "ada")
                    }
                }
            }
            for _ in 0..<20 {
                group.addTask {
                    guard let active = try await store.active() else { return }
                    #expect(active.articles.map(\.contentVersion) == ["a", "b", "c"].map { "\($0)-\(active.version)" })
                }
            }
            try await group.waitForAll()
        }
        let libraries = try await store.libraries()
        #expect(libraries.map(\.version).sorted() == versions && libraries.filter(\.isActive).count == 1)
        #expect(libraries.allSatisfy { $0.articles == 3 })
        #expect(try await store.activeVersion() == libraries.first { $0.isActive }?.version)
        await pool.close()
    }

    @Test("An old citation leads to the text as it was")
    func citations() async throws {
        let pool = try await emptyDatabase()
        let store = KnowledgeStore(pool)
        _ = try await store.sync(version: "one", articles: [Self.article("a", "1")], by: "ada")
        // The author forgot to raise the version.
        _ = try await store.sync(version: "two", articles: [Self.article("a", "2")], by: "ada")
        _ = try await store.sync(version: "three", articles: [Self.article("a", "3", version: "1.1")], by: "ada")
        #expect(try await store.article(cited: "a@1.0#steps", in: "one")?.text == "text of a as 1")
        #expect(try await store.article(cited: "a@1.0#steps", in: "two")?.text == "text of a as 2")
        #expect(try await store.article(cited: "a@1.0#steps", in: nil)?.text == "text of a as 2")
        #expect(try await store.article(cited: "a@1.1#steps", in: nil)?.lastUpdated == "2025-02-28")
        for unknown in ["a@1.0#steps", "a@9#x", "b@1.0#x", "", "a", "@", "a@"] {
            #expect(try await store.article(cited: unknown, in: "three") == nil)
        }
        await pool.close()
    }

    @Test("Answers come back as they were written, under the ticket's scope")
    func answers() async throws {
        let pool = try await emptyDatabase()
        let ticket = TicketQueriesTests.ticket(requester: "ada")
        let at = ticket.submittedAt
        let message = Message.answer("Do this.", to: ticket.id, cause: UUID(), number: 1, language: "de", at: at)
        let evidence = AnswerEvidence(
            chunk: "a@1.0#x", score: 1.5, coverage: 0.5, evidence: 1.25, focus: 0, words: ["kennwort", "\"; DROP"], replaced: "b@1#y")
        func answer(_ number: Int, _ outcome: AnswerOutcome, shown: Bool, text: String?, citations: [String]) -> StoredAnswer {
            StoredAnswer(
                ticket: ticket.id, number: number, cause: UUID(), stage: "triage", outcome: outcome, messageID: shown ? message.id : nil,
                language: "de", text: text, citations: citations, articles: shown ? [evidence] : [], reason: shown ? nil : "low_confidence",
                library: shown ? "abc" : nil, model: shown ? nil : "m", promptVersion: shown ? nil : "p", at: at)
        }
        let written = [
            answer(1, .answered, shown: true, text: "Do this.", citations: ["a@1.0#x", "a@1.0#ähre"]),
            answer(2, .withheld, shown: false, text: "draft", citations: []),
            answer(3, .unsupportedLanguage, shown: false, text: nil, citations: [])
        ]
        try await write(pool) { changes in
            changes.inserted = [ticket]
            changes.messages = [message]
            changes.answers = written
        }
        let queries = TicketQueries(pool)
        #expect(try await queries.answers(of: ticket.id, in: .all, includingWithheld: true) == written)
        #expect(try await queries.answers(of: ticket.id, in: .requester("ada"), includingWithheld: false) == [written[0]])
        #expect(try await queries.shownAnswer(of: ticket.id, in: .requester("ada")) == written[0])
        for scope in [TicketScope.requester("bob"), .none] {
            #expect(try await queries.answers(of: ticket.id, in: scope, includingWithheld: true).isEmpty)
            #expect(try await queries.shownAnswer(of: ticket.id, in: scope) == nil)
        }
        await pool.close()
    }

    @Test("An answer that is kept back cannot be stored as shown")
    func keptBack() async throws {
        let pool = try await emptyDatabase()
        let ticket = TicketQueriesTests.ticket(requester: "ada")
        for (outcome, text) in [(AnswerOutcome.withheld, "draft" as String?), (.unsupportedLanguage, "x"), (.answered, nil), (.none, "x")] {
            await #expect(throws: (any Error).self) {
                try await write(pool) { changes in
                    changes.inserted = [ticket]
                    changes.answers = [
                        StoredAnswer(
                            ticket: ticket.id, number: 1, cause: UUID(), stage: "triage", outcome: outcome, messageID: UUID(), language: "en",
                            text: text, citations: [], articles: [], reason: nil, library: nil, at: ticket.submittedAt)
                    ]
                }
            }
        }
        #expect(try await pool.query("SELECT count(*) FROM helpdesk.answers").scalar(Int64.self) == 0)
        await pool.close()
    }

    @Test("Responders are those who spoke to the requester")
    func responders() async throws {
        let pool = try await emptyDatabase()
        let spoken = TicketQueriesTests.ticket(requester: "ada"), noted = TicketQueriesTests.ticket(requester: "bob")
        func message(_ ticket: Ticket, _ number: Int, _ kind: Author.Kind, _ visibility: Visibility) -> Message {
            Message(
                id: UUID(), ticket: ticket.id, number: number, author: Author(kind: kind, id: "x"), visibility: visibility, body: "b",
                language: "en", guardrails: [], at: ticket.submittedAt)
        }
        try await write(pool) { changes in
            changes.inserted = [spoken, noted]
            changes.messages = [
                message(spoken, 1, .ai, .public), message(spoken, 2, .agent, .public), message(spoken, 3, .agent, .public),
                message(noted, 1, .agent, .internal), message(noted, 2, .requester, .public), message(noted, 3, .system, .public)
            ]
        }
        let found = try await pool.transaction { try PostgresTicketTransaction($0).responders(to: [spoken.id, noted.id, TicketID(UUID())]) }
        #expect(found == [spoken.id: [.ai, .agent]])
        await pool.close()
    }

    private func write(_ pool: ConnectionPool, _ fill: (inout TicketChanges) -> Void) async throws {
        var changes = TicketChanges()
        fill(&changes)
        let written = changes
        _ = try await PostgresLedger(pool).commit(
            consumer: "triage", entries: [LedgerEntry(eventID: UUID(), payloadHash: [9], isReplay: false)]
        ) { fresh, transaction in
            try transaction.write(written)
            return fresh.map { _ in .applied([]) }
        }
    }
}
