import Domain
import Foundation
import Messaging
import Postgres
import Stores
import TestSupport
import Testing
import WorkerRuntime

struct Forbidden: Error {}

/// Tickets in a database of their own, worked by hand.
struct WorkDesk: Sendable {
    let pool: ConnectionPool
    let work: TicketWork
    let search: TicketSearch

    static func with(_ body: (WorkDesk) async throws -> Void) async throws {
        let pool = try await emptyDatabase()
        let desk = WorkDesk(pool: pool, work: TicketWork(pool), search: TicketSearch(pool))
        do {
            try await body(desk)
        } catch {
            await pool.close()
            throw error
        }
        await pool.close()
    }

    /// Stores a ticket as Triage does.
    @discardableResult
    func store(
        requester: String = "ada", subject: String = "Lab frozen", body: String = "It does not move.", at time: Double = 1_763_000_000,
        messages: [(Visibility, String)] = [], _ change: (inout Ticket) -> Void = { _ in }
    ) async throws -> Ticket {
        var ticket = TicketQueriesTests.ticket(requester: requester, messages: messages.count)
        (ticket.subject, ticket.body, ticket.state, ticket.revision) = (subject, body, .triaged, 1)
        ticket.submittedAt = Date(timeIntervalSince1970: time)
        ticket.updatedAt = ticket.submittedAt
        change(&ticket)
        var changes = TicketChanges()
        changes.inserted = [ticket]
        changes.messages = messages.enumerated().map { index, message in
            Message(
                id: UUID(), ticket: ticket.id, number: index + 1, author: Author(kind: .agent, id: "eve"), visibility: message.0,
                body: message.1, language: "en", guardrails: [], at: ticket.submittedAt)
        }
        changes.history = [
            HistoryEntry(
                ticket: ticket.id, version: 1, kind: .submitted, cause: UUID(), actor: Author(kind: .requester, id: requester), origin: "t[0]@0",
                changes: [], at: ticket.submittedAt)
        ]
        let written = changes
        _ = try await PostgresLedger(pool).commit(
            consumer: "triage", entries: [LedgerEntry(eventID: ticket.id.uuid, payloadHash: [9], isReplay: false)]
        ) { fresh, transaction in
            try transaction.write(written)
            return fresh.map { _ in .applied([]) }
        }
        return ticket
    }

    func request(
        _ ticket: TicketID, _ expected: ExpectedVersion = .any, key: RequestKey? = nil, reason: String? = "because", scope: TicketScope = .all,
        includingInternal: Bool = true, party: TicketParty = .agent, authorise: (@Sendable (Ticket) throws -> Void)? = nil
    ) -> WorkRequest {
        WorkRequest(
            ticket: ticket, scope: scope, includingInternal: includingInternal, expected: expected, key: key, reason: reason,
            traceparent: nil,
            authorise: {
                try authorise?($0)
                return (party, Author(kind: party == .agent ? .agent : .requester, id: party == .agent ? "eve" : "ada"))
            }, encode: { Array("\($0.id) \($0.version) \($0.state.rawValue)".utf8) })
    }

    func ticket(_ id: TicketID) async throws -> Ticket { try #require(try await TicketQueries(pool).ticket(id, in: .all)) }

    func count(_ sql: SQL) async throws -> Int { Int(try await pool.query("SELECT count(*) FROM \(sql)").scalar(Int64.self)) }

    func find(_ words: String, scope: TicketScope = .all, includingInternal: Bool = true) async throws -> Set<TicketID> {
        Set(
            try await TicketQueries(pool).page(
                TicketFilter(words: words), in: scope, includingInternal: includingInternal, after: nil, limit: 100
            ).tickets.map(\.id))
    }
}

@Suite("Work on tickets in PostgreSQL", .serialized, .timeLimit(.minutes(3)))
struct TicketWorkTests {
    @Test("An edit is row, history, correction, classification and events, or nothing")
    func edit() async throws {
        try await WorkDesk.with { desk in
            let ticket = try await desk.store()
            let result = try await desk.work.edit(
                desk.request(ticket.id, .oneOf([1])), .correct(category: "lab", tier: .engineer, severity: nil))
            #expect(result.version == 2 && !result.isRepeat)
            let stored = try await desk.ticket(ticket.id)
            #expect(stored.category == Labelled("lab", by: .agent) && stored.tier == Labelled(.engineer, by: .agent) && stored.revision == 2)
            #expect(try await desk.count("helpdesk.corrections WHERE reason = 'because' AND agent_id = 'eve' AND version = 2") == 2)
            #expect(try await desk.count("helpdesk.classifications WHERE revision = 2 AND stage = 'agent'") == 1)
            #expect(try await desk.count("helpdesk.ticket_history WHERE version = 2 AND kind = 'corrected' AND NOT is_internal") == 1)
            let types = Set(
                result.outbox.map { row in String(decoding: row.record.headers.first { $0.name == "ce_type" }?.value ?? [], as: UTF8.self) })
            #expect(types == [TicketUpdated.type, TicketClassified.type, MetricRecorded.type])
            #expect(try await desk.count("helpdesk.outbox") == 3)

            await #expect(throws: Forbidden.self) {
                try await desk.work.edit(desk.request(ticket.id) { _ in throw Forbidden() }, .take)
            }
            await #expect(throws: WorkRefusal.stale(version: 2)) { try await desk.work.edit(desk.request(ticket.id, .oneOf([1])), .take) }
            await #expect(throws: WorkRefusal.noTicket) {
                try await desk.work.edit(desk.request(ticket.id, scope: .requester("bob")), .take)
            }
            await #expect(throws: WorkRefusal.noTicket) { try await desk.work.edit(desk.request(TicketID(UUID())), .take) }
            #expect(try await desk.ticket(ticket.id) == stored)
            #expect(try await desk.count("helpdesk.outbox") == 3)
        }
    }

    @Test("Of edits at once that mean the same version, one is made")
    func concurrentEdits() async throws {
        try await WorkDesk.with { desk in
            let ticket = try await desk.store()
            let outcomes = await withTaskGroup(of: Bool.self) { group in
                for index in 0..<12 {
                    group.addTask {
                        (try? await desk.work.edit(desk.request(ticket.id, .oneOf([1])), .tag(add: ["t\(index)"], remove: []))) != nil
                    }
                }
                return await group.reduce(into: 0) { $0 += $1 ? 1 : 0 }
            }
            #expect(outcomes == 1)
            let stored = try await desk.ticket(ticket.id)
            #expect(stored.version == 2 && stored.tags.count == 1)
            #expect(try await desk.count("helpdesk.ticket_history") == 2)
            #expect(try await desk.count("helpdesk.ticket_tags") == 1)
        }
    }

    @Test("A keyed request is done once, whoever sends it how often, and answered as it was the first time")
    func keys() async throws {
        try await WorkDesk.with { desk in
            let ticket = try await desk.store()
            let key = RequestKey(principal: "key:a", key: "k", fingerprint: [1])
            let results = await withTaskGroup(of: Result<WorkResult, any Error>.self) { group in
                for _ in 0..<8 {
                    group.addTask {
                        do {
                            return .success(try await desk.work.edit(desk.request(ticket.id, .oneOf([1]), key: key), .move(.onHold)))
                        } catch {
                            return .failure(error)
                        }
                    }
                }
                return await group.reduce(into: []) { $0.append($1) }
            }
            var bodies: Set<[UInt8]> = [], firsts = 0
            for result in results {
                switch result {
                case .success(let answer):
                    bodies.insert(answer.body)
                    firsts += answer.isRepeat ? 0 : 1
                case .failure(let error): #expect(error as? RequestKeyRefusal == .inFlight)
                }
            }
            #expect(firsts == 1 && bodies.count == 1)
            // The ticket moves on; the answer stays.
            _ = try await desk.work.edit(desk.request(ticket.id), .move(.resolved))
            let late = try await desk.work.edit(desk.request(ticket.id, .oneOf([1]), key: key), .move(.onHold))
            #expect(late.isRepeat && bodies == [late.body] && late.outbox.isEmpty && late.version == 2)
            #expect(try await desk.ticket(ticket.id).version == 3)

            var other = key
            other.fingerprint = [2]
            await #expect(throws: RequestKeyRefusal.otherRequest) { try await desk.work.edit(desk.request(ticket.id, key: other), .take) }
            other.principal = "key:b"
            #expect(
                try await desk.work.edit(desk.request(ticket.id, key: other), .tag(add: ["x"], remove: [])).version == 4, "keys are their owner's")
        }
    }

    @Test("Who dies before the commit has done nothing, and the key is free")
    func crash() async throws {
        try await WorkDesk.with { desk in
            let ticket = try await desk.store()
            let key = RequestKey(principal: "key:a", key: "k", fingerprint: [1])
            // The last thing that is done before the commit fails: everything before it is undone.
            try await desk.pool.execute("ALTER TABLE helpdesk.request_keys ADD CONSTRAINT broken CHECK (key <> 'k')")
            await #expect(throws: TransactionError.self) { try await desk.work.edit(desk.request(ticket.id, key: key), .move(.onHold)) }
            #expect(try await desk.ticket(ticket.id) == ticket)
            #expect(try await desk.count("helpdesk.outbox") == 0)
            #expect(try await desk.count("helpdesk.ticket_history") == 1)
            try await desk.pool.execute("ALTER TABLE helpdesk.request_keys DROP CONSTRAINT broken")
            let result = try await desk.work.edit(desk.request(ticket.id, key: key), .move(.onHold))
            #expect(!result.isRepeat && result.version == 2)
            #expect(try await GatewaySecrets(desk.pool).pruneRequestKeys(before: Date(timeIntervalSinceNow: 60)) == 1)
        }
    }

    @Test("A requester counts versions without what is internal, also in what it expects")
    func requesterVersions() async throws {
        try await WorkDesk.with { desk in
            let ticket = try await desk.store()
            for tag in ["a", "b"] { _ = try await desk.work.edit(desk.request(ticket.id), .tag(add: [tag], remove: [])) }
            let own = desk.request(ticket.id, .oneOf([1]), scope: .requester("ada"), includingInternal: false, party: .requester)
            let result = try await desk.work.edit(own, .move(.cancelled))
            #expect(result.version == 2)
            #expect(try await desk.ticket(ticket.id).version == 4)
            let seen = try #require(try await TicketQueries(desk.pool).history(ticket.id, in: .requester("ada"), includingInternal: false))
            #expect(seen.entries.map(\.version) == [1, 2] && seen.entries.map(\.kind) == [.submitted, .moved])
            #expect(seen.entries.last?.reason == "because", "its own words it may read")
            let all = try #require(try await TicketQueries(desk.pool).history(ticket.id, in: .all, includingInternal: true))
            #expect(all.entries.map(\.isInternal) == [false, true, true, false])
        }
    }

    @Test("Tags, watchers and assignees are found in lists, in pages, in either order")
    func lists() async throws {
        try await WorkDesk.with { desk in
            var tagged: [TicketID] = []
            for index in 0..<7 {
                let ticket = try await desk.store(at: 1_763_000_000 + Double(index / 2))
                guard index % 2 == 0 else { continue }
                _ = try await desk.work.edit(desk.request(ticket.id), .tag(add: ["vip"], remove: []))
                _ = try await desk.work.edit(desk.request(ticket.id), .watch(add: ["zoë,x"], remove: []))
                _ = try await desk.work.edit(desk.request(ticket.id), .take)
                tagged.append(ticket.id)
            }
            let queries = TicketQueries(desk.pool)
            for filter in [TicketFilter(tag: "vip"), TicketFilter(watcher: "zoë,x"), TicketFilter(assignee: "eve"), TicketFilter(state: .inProgress)]
            {
                for order in TicketFilter.Order.allCases {
                    var filter = filter
                    filter.order = order
                    var found: [TicketID] = [], position: TicketPosition?
                    repeat {
                        let page = try await queries.page(filter, in: .all, includingInternal: true, after: position, limit: 2)
                        found += page.tickets.map(\.id)
                        position = page.next
                    } while position != nil && found.count < 20
                    #expect(found == (order == .newestFirst ? tagged.reversed() : tagged))
                }
            }
            #expect(
                try await queries.page(TicketFilter(isUnassigned: true), in: .all, includingInternal: true, after: nil, limit: 20).tickets.count == 3)
            _ = try await desk.work.edit(desk.request(tagged[0]), .tag(add: [], remove: ["vip"]))
            #expect(try await desk.count("helpdesk.ticket_tags") == 3)
        }
    }

    @Test("Links stand on both sides, and show only what the reader may see")
    func links() async throws {
        try await WorkDesk.with { desk in
            let own = try await desk.store(), other = try await desk.store(), foreign = try await desk.store(requester: "bob")
            _ = try await desk.work.link(desk.request(own.id), to: other.id, kind: .follows)
            _ = try await desk.work.link(desk.request(own.id), to: foreign.id, kind: .related)
            let again = try await desk.work.link(desk.request(own.id), to: foreign.id, kind: .related)
            #expect(again.outbox.isEmpty && again.version == 3)
            let queries = TicketQueries(desk.pool)
            func seen(_ id: TicketID, _ scope: TicketScope, _ all: Bool) async throws -> Set<TicketID> {
                Set(try #require(try await queries.detail(id, in: scope, includingInternal: all)).links.map(\.other))
            }
            #expect(try await seen(own.id, .all, true) == [other.id, foreign.id])
            #expect(try await seen(own.id, .requester("ada"), false) == [other.id])
            #expect(try await seen(foreign.id, .requester("bob"), false) == [])
            #expect(try await queries.detail(other.id, in: .all, includingInternal: true)?.links.first?.kind == .followedBy)
            _ = try await desk.work.unlink(desk.request(other.id), from: own.id)
            #expect(try await desk.count("helpdesk.ticket_links") == 2)
            await #expect(throws: WorkRefusal.noOtherTicket) { try await desk.work.link(desk.request(own.id), to: own.id, kind: .related) }
            await #expect(throws: WorkRefusal.noOtherTicket) {
                try await desk.work.link(desk.request(own.id, scope: .requester("ada")), to: foreign.id, kind: .related)
            }
        }
    }

    @Test("Merges follow the chain and refuse circles, strangers and what has ended")
    func merges() async throws {
        try await WorkDesk.with { desk in
            let a = try await desk.store(), b = try await desk.store(), c = try await desk.store()
            _ = try await desk.work.merge(desk.request(a.id), into: b.id)
            _ = try await desk.work.merge(desk.request(b.id), into: c.id)
            await #expect(throws: WorkRefusal.edit(.cycle)) { try await desk.work.merge(desk.request(c.id), into: a.id) }
            await #expect(throws: WorkRefusal.edit(.cycle)) { try await desk.work.merge(desk.request(c.id), into: c.id) }
            await #expect(throws: WorkRefusal.edit(.merged(into: b.id))) { try await desk.work.merge(desk.request(a.id), into: c.id) }
            let d = try await desk.store()
            _ = try await desk.work.merge(desk.request(d.id), into: a.id)
            #expect(try await desk.ticket(d.id).mergedInto == c.id, "at the end of the chain")
            let foreign = try await desk.store(requester: "bob"), closed = try await desk.store { $0.state = .closed }
            await #expect(throws: WorkRefusal.edit(.otherRequester)) { try await desk.work.merge(desk.request(foreign.id), into: c.id) }
            await #expect(throws: WorkRefusal.edit(.ended(.closed))) { try await desk.work.merge(desk.request(c.id), into: closed.id) }
            await #expect(throws: WorkRefusal.noOtherTicket) { try await desk.work.merge(desk.request(c.id), into: TicketID(UUID())) }
            #expect(try await desk.ticket(c.id).state == .triaged)
        }
    }

    /// However merges of a handful of tickets fall together, the tickets form a forest: every chain ends at one ticket that is not merged.
    @Test("Merges at once leave a forest", arguments: 0..<6)
    func forest(seed: UInt64) async throws {
        try await WorkDesk.with { desk in
            var random = SeededGenerator(seed: seed)
            var ids: [TicketID] = []
            for _ in 0..<8 { ids.append(try await desk.store().id) }
            let wishes = (0..<40).map { _ in (ids[random.below(ids.count)], ids[random.below(ids.count)]) }
            await withTaskGroup(of: Void.self) { group in
                for (source, target) in wishes {
                    group.addTask {
                        do {
                            _ = try await desk.work.merge(desk.request(source), into: target)
                        } catch is WorkRefusal {
                            // Merged already, or a circle.
                        } catch {
                            Issue.record("\(error)")
                        }
                    }
                }
            }
            var parents: [TicketID: TicketID] = [:]
            for id in ids {
                let ticket = try await desk.ticket(id)
                #expect((ticket.state == .merged) == (ticket.mergedInto != nil))
                parents[id] = ticket.mergedInto
            }
            for id in ids {
                var place = id, steps = 0
                while let next = parents[place], steps <= ids.count { (place, steps) = (next, steps + 1) }
                #expect(steps <= ids.count && parents[place] == nil, "a circle at \(id)")
            }
            #expect(
                try await desk.count("helpdesk.ticket_history AS h JOIN helpdesk.tickets AS t ON t.id = h.ticket_id WHERE h.version > t.version") == 0
            )
            let merged = parents.count
            #expect(try await desk.count("helpdesk.ticket_history WHERE kind = 'merged'") == 2 * merged)
            // A merge that the wishes call for and nobody refused was made: with so many of them, most are.
            #expect(merged > 0)
        }
    }

    @Test("Two people whose names only look alike are two: neither edits nor merges reach from one to the other")
    func lookAlikes() async throws {
        try await WorkDesk.with { desk in
            let composed = try await desk.store(requester: "\u{E9}ve"), decomposed = try await desk.store(requester: "e\u{301}ve")
            await #expect(throws: WorkRefusal.noTicket) {
                _ = try await desk.work.edit(
                    desk.request(decomposed.id, scope: .requester("\u{E9}ve"), includingInternal: false, party: .requester), .move(.resolved))
            }
            await #expect(throws: WorkRefusal.edit(.otherRequester)) {
                _ = try await desk.work.merge(desk.request(composed.id), into: decomposed.id)
            }
        }
    }

    @Test("A merge brings together as many watchers as a ticket may have, and no more")
    func mergedWatchers() async throws {
        try await WorkDesk.with { desk in
            let half = TicketEdit.largestWatcherCount / 2
            let source = try await desk.store { $0.watchers = (0...half).map { "a\($0)" }.sorted() }
            let target = try await desk.store { $0.watchers = (0..<half).map { "b\($0)" }.sorted() }
            await #expect(throws: WorkRefusal.edit(.tooMany(field: "into", limit: TicketEdit.largestWatcherCount))) {
                _ = try await desk.work.merge(desk.request(source.id), into: target.id)
            }
        }
    }

    @Test("A key that was forgotten may stand for another escalation")
    func forgottenKey() async throws {
        try await WorkDesk.with { desk in
            let ticket = try await desk.store()
            for tier in [Tier.engineer, .platform] {
                var request = desk.request(ticket.id)
                request.key = RequestKey(principal: "key:1", key: "k", fingerprint: [UInt8(tier.rawValue)])
                _ = try await desk.work.edit(request, .escalate(tier))
                #expect(try await GatewaySecrets(desk.pool).pruneRequestKeys(before: .distantFuture) == 1)
            }
            #expect(try await desk.count("helpdesk.escalation_asks") == 2)
            #expect(try await desk.count("(SELECT DISTINCT cause FROM helpdesk.ticket_history WHERE kind = 'escalated') AS c") == 2)
        }
    }

    @Test("A person's escalation is kept for the policy")
    func asks() async throws {
        try await WorkDesk.with { desk in
            let ticket = try await desk.store()
            _ = try await desk.work.edit(
                desk.request(ticket.id, scope: .requester("ada"), includingInternal: false, party: .requester), .askForHuman)
            _ = try await desk.work.edit(desk.request(ticket.id), .escalate(.platform))
            let stored = try await desk.ticket(ticket.id)
            let record = try await desk.pool.transaction { try PostgresTicketTransaction($0).records(of: [stored])[stored.id] }
            #expect(record?.asks.map(\.by) == [.requester, .agent] && record?.asks.map(\.tier) == [.generalist, .platform])
        }
    }
}

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
