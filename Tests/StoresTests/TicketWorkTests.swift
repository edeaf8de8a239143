import Domain
import Foundation
import Postgres
import Stores
import Messaging
import WorkerRuntime
import TestSupport
import Testing

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
