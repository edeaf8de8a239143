import Domain
import Foundation
import Testing

@testable import HelpdeskLocal

@Suite("Verifier")
struct VerifierTests {
    /// A ticket with a reply that came first, a ticket of two bodies, and a dead one: a world in which every promise held.
    struct World {
        var evidence = Evidence()
        let ticket = UUID(), twin = UUID(), dead = UUID(), escalation = UUID(), change = UUID()
        let submission: FeedEntry, reply: FeedEntry, poison: FeedEntry, pair: [FeedEntry]

        init() {
            func entry(_ kind: FeedEntry.Kind, _ ticket: UUID, _ session: String, _ poison: PoisonKind? = nil, id: String = UUID().canonical)
                -> FeedEntry
            {
                FeedEntry(kind: kind, way: .topic, source: FeedRecord.source, id: id, ticket: ticket, session: session, poison: poison)
            }
            submission = entry(.ticket, ticket, "session a")
            reply = entry(.reply, ticket, "session b")
            poison = entry(.ticket, dead, "session c", .badJSON)
            pair = ["session d", "session e"].map { entry(.ticket, UUID(), $0, .idConflict, id: "one id") }.map {
                var entry = $0
                entry.ticket = nil
                return entry
            }
            let pair = pair.map { one in
                var one = one
                one.ticket = twin
                return one
            }
            let all = [submission, reply, poison] + pair
            evidence.attempted = Set(all)
            evidence.acknowledged = Set(all)
            evidence.tickets = [
                ticket: .init(version: 2, revision: 1, messageCount: 1, source: FeedRecord.source, session: "session a"),
                twin: .init(version: 1, revision: 1, messageCount: 0, source: FeedRecord.source, session: "session d")
            ]
            let first = Verifier.eventID(submission), second = Verifier.eventID(reply), third = Verifier.eventID(pair[0])
            evidence.messages = [.init(id: second, ticket: ticket, session: "session b")]
            evidence.history = [
                .init(ticket: ticket, version: 1, kind: "submitted", cause: first, origin: "t[0]@9"),
                .init(ticket: ticket, version: 2, kind: "replied", cause: second, origin: "t[0]@4"),
                .init(ticket: twin, version: 1, kind: "submitted", cause: third, origin: "t[1]@1")
            ]
            evidence.revisions = [ticket: [1], twin: [1]]
            let deadIDs = [UUID(), UUID()]
            evidence.inboxes[.triage] = [first: "applied", second: "parked", third: "applied", deadIDs[0]: "dead", deadIDs[1]: "dead"]
            evidence.deadLetters = [
                .init(source: FeedRecord.source, id: poison.id, reason: "invalid", inboxID: deadIDs[0], session: nil, origin: "t[0]@2"),
                .init(source: FeedRecord.source, id: "one id", reason: "id_conflict", inboxID: deadIDs[1], session: "session e")
            ]
            evidence.told = [
                .init(topic: Topics.changes, id: "1", type: "ticket.classified", ticket: ticket, revision: 1),
                .init(topic: Topics.changes, id: "1", type: "ticket.classified", ticket: ticket, revision: 1),
                .init(topic: Topics.changes, id: "2", type: "ticket.classified", ticket: twin, revision: 1),
                .init(topic: Topics.changes, id: "3", type: "ticket.updated", ticket: ticket, message: second),
                .init(topic: Topics.changes, id: "4", type: "ticket.answered", ticket: ticket, number: 1),
                .init(topic: Topics.changes, id: "5", type: "ticket.answered", ticket: twin, number: 1),
                .init(topic: Topics.escalations, id: escalation.canonical, type: "ticket.escalated", ticket: ticket, about: "failed-twice", cycle: 1),
                .init(topic: Topics.escalations, id: "7", type: "sla.warned", ticket: twin, about: "response", cycle: 1)
            ]
            evidence.answers = [
                .init(ticket: ticket, number: 1, outcome: "answered"), .init(ticket: twin, number: 1, outcome: "not_covered")
            ]
            evidence.escalations = [.init(ticket: ticket, rule: "failed-twice", cycle: 1, events: [escalation])]
            evidence.clocks = [
                .init(ticket: ticket, target: "response", cycle: 1, isWarned: false, isBreached: false),
                .init(ticket: twin, target: "response", cycle: 1, isWarned: true, isBreached: false)
            ]
            evidence.unread = [
                .init(consumer: .triage, inboxID: first, origin: "t[0]@9"), .init(consumer: .triage, inboxID: second, origin: "t[0]@4"),
                // Its reader could make nothing of it and filed it under another id.
                .init(consumer: .triage, inboxID: UUID(), origin: "t[0]@2"), .init(consumer: .escalation, inboxID: change, origin: "c[0]@1")
            ]
            evidence.inboxes[.escalation] = [change: "applied"]
            evidence.miscounts = []
        }
    }

    struct Violation: Sendable, CustomTestStringConvertible {
        let testDescription: String
        /// Beginning of the name of the invariant that must notice.
        let noticedBy: String
        let commit: @Sendable (inout World) -> Void

        init(_ description: String, noticedBy: String, _ commit: @escaping @Sendable (inout World) -> Void) {
            testDescription = description
            self.noticedBy = noticedBy
            self.commit = commit
        }
    }

    @Test("a world in which every promise held passes")
    func passes() {
        let verdict = Verifier(World().evidence).verdict()
        #expect(verdict.hold, "\(verdict.table)")
    }

    static let violations = [
        Violation("a ticket is gone", noticedBy: "lost tickets") { $0.evidence.tickets[$0.ticket] = nil },
        Violation("poison has no dead letter", noticedBy: "lost tickets") { $0.evidence.deadLetters.removeFirst() },
        Violation("a dead letter without a reason", noticedBy: "lost tickets") { $0.evidence.deadLetters[0].reason = "" },
        Violation("a text is stored as two tickets", noticedBy: "doubled tickets") {
            $0.evidence.tickets[UUID()] = .init(version: 1, revision: 1, messageCount: 0, source: "", session: "session a")
        },
        Violation("a ticket is stored and dead", noticedBy: "doubled tickets") {
            $0.evidence.deadLetters.append(.init(source: FeedRecord.source, id: $0.submission.id, reason: "failed", inboxID: nil))
        },
        Violation("poison is stored", noticedBy: "doubled tickets") {
            $0.evidence.tickets[$0.dead] = .init(version: 1, revision: 1, messageCount: 0, source: FeedRecord.source)
        },
        Violation("neither of two bodies is stored", noticedBy: "one id, two bodies") { $0.evidence.tickets[$0.twin]?.session = "session z" },
        Violation("the second body vanished", noticedBy: "one id, two bodies") { $0.evidence.deadLetters.removeLast() },
        Violation("a reply is gone", noticedBy: "replies") { $0.evidence.messages = [] },
        Violation("a reply is stored and parked", noticedBy: "replies") { $0.evidence.parked[Verifier.eventID($0.reply)] = $0.ticket },
        Violation("a reply is stored twice", noticedBy: "replies") {
            $0.evidence.messages.append(.init(id: UUID(), ticket: $0.ticket, session: "session b"))
        },
        Violation("a reply is under another ticket", noticedBy: "replies") { $0.evidence.messages[0].ticket = $0.twin },
        Violation("a stranger's ticket", noticedBy: "strangers") {
            $0.evidence.tickets[UUID()] = .init(version: 1, revision: 1, messageCount: 0, source: FeedRecord.source)
        },
        Violation("a gap in the history", noticedBy: "history") { $0.evidence.history[1].version = 3 },
        Violation("one cause, two rows", noticedBy: "history") { $0.evidence.history[1].cause = $0.evidence.history[0].cause },
        Violation("a wrong count of messages", noticedBy: "history") { $0.evidence.tickets[$0.ticket]?.messageCount = 2 },
        Violation("replies out of order", noticedBy: "order") {
            $0.evidence.history[1].origin = "t[0]@12"
            $0.evidence.history.append(.init(ticket: $0.ticket, version: 3, kind: "replied", cause: UUID(), origin: "t[0]@11"))
        },
        Violation("early replies out of order", noticedBy: "order") {
            $0.evidence.history.append(.init(ticket: $0.ticket, version: 3, kind: "replied", cause: UUID(), origin: "t[0]@3"))
        },
        Violation("a revision is missing", noticedBy: "classifications") { $0.evidence.tickets[$0.ticket]?.revision = 2 },
        Violation("an event is not in the inbox", noticedBy: "inbox") { $0.evidence.inboxes[.triage]?[Verifier.eventID($0.submission)] = nil },
        Violation("applied without a trace", noticedBy: "inbox") { $0.evidence.inboxes[.triage]?[UUID()] = "applied" },
        Violation("parked and forgotten", noticedBy: "inbox") { $0.evidence.inboxes[.triage]?[UUID()] = "parked" },
        Violation("a dead letter without a mark", noticedBy: "dead letters") { $0.evidence.deadLetters[0].inboxID = UUID() },
        Violation("a classification never told", noticedBy: "ticket.classified") { $0.evidence.told.remove(at: 2) },
        Violation("a classification told under two ids", noticedBy: "ticket.classified") { $0.evidence.told[1].id = "9" },
        Violation("a reply never told", noticedBy: "messages") { $0.evidence.told.remove(at: 3) },
        Violation("a record of the tickets topic was never handled", noticedBy: "inbox of triage") {
            $0.evidence.unread.append(.init(consumer: .triage, inboxID: UUID(), origin: "t[0]@10"))
        },
        Violation("a change was never handled", noticedBy: "inbox of escalation") { $0.evidence.inboxes[.escalation] = [:] },
        Violation("a request for enrichment was never handled", noticedBy: "inbox of enrichment") {
            $0.evidence.unread.append(.init(consumer: .enrichment, inboxID: UUID(), origin: "e[0]@1"))
        },
        Violation("a measurement was never handled", noticedBy: "inbox of metrics") {
            $0.evidence.unread.append(.init(consumer: .metrics, inboxID: UUID(), origin: "m[0]@1"))
        },
        Violation("dead in the inbox, no letter", noticedBy: "dead letters") { $0.evidence.inboxes[.metrics, default: [:]][UUID()] = "dead" },
        Violation("applied, with a dead letter that nobody sent back", noticedBy: "dead letters") { world in
            guard let id = world.evidence.deadLetters[0].inboxID else { return }
            world.evidence.inboxes[.triage]?[id] = "applied"
        },
        Violation("one id for two contents", noticedBy: "published ids") { $0.evidence.told[1].hash = [1] },
        Violation("a ticket without an answer", noticedBy: "answers") { $0.evidence.answers.removeLast() },
        Violation("a gap in the answers", noticedBy: "answers") { $0.evidence.answers[0].number = 2 },
        Violation("two answers of one number", noticedBy: "answers") { $0.evidence.answers.append($0.evidence.answers[0]) },
        Violation("an answer never told", noticedBy: "ticket.answered") { $0.evidence.told.remove(at: 5) },
        Violation("an answer told, not stored", noticedBy: "ticket.answered") { $0.evidence.told[5].number = 2 },
        Violation("an escalation never told", noticedBy: "ticket.escalated") { $0.evidence.told.remove(at: 6) },
        Violation("an escalation told, not stored", noticedBy: "ticket.escalated") { $0.evidence.escalations = [] },
        Violation("an escalation told of another rule", noticedBy: "ticket.escalated") { $0.evidence.told[6].about = "high-impact" },
        Violation("an escalation told twice", noticedBy: "ticket.escalated") { world in
            var twice = world.evidence.told[6]
            twice.id = UUID().canonical
            world.evidence.told.append(twice)
        },
        Violation("an escalation stored twice", noticedBy: "ticket.escalated") { $0.evidence.escalations.append($0.evidence.escalations[0]) },
        Violation("a warning never told", noticedBy: "sla.") { $0.evidence.told.remove(at: 7) },
        Violation("a warning told of a clock that did not warn", noticedBy: "sla.") { $0.evidence.clocks[1].isWarned = false },
        Violation("a warning told twice", noticedBy: "sla.") { world in
            var twice = world.evidence.told[7]
            twice.id = "71"
            world.evidence.told.append(twice)
        },
        Violation("a breach never told", noticedBy: "sla.") { $0.evidence.clocks[0].isBreached = true },
        Violation("two clocks for one target", noticedBy: "sla.") { $0.evidence.clocks.append($0.evidence.clocks[0]) },
        Violation("a timer left behind", noticedBy: "timers") { $0.evidence.overdueTimers = ["a ticket, due 60 s ago"] },
        Violation("a rollup counts wrongly", noticedBy: "rollups") { $0.evidence.miscounts = ["answers: 2 expected, 1 found"] },
        Violation("something in the outbox", noticedBy: "outbox") { $0.evidence.outbox = 1 },
        Violation("something unread", noticedBy: "lag") { $0.evidence.lag["t[0]"] = 1 },
        Violation("a parked reply whose ticket is here", noticedBy: "parked") { $0.evidence.parked[UUID()] = $0.ticket }
    ]

    @Test("every violation is noticed", arguments: violations)
    func notices(_ violation: Violation) {
        var world = World()
        violation.commit(&world)
        let broken = Verifier(world.evidence).verdict().filter { !$0.holds }.map(\.name)
        #expect(broken.contains { $0.hasPrefix(violation.noticedBy) }, "\(broken)")
    }

    @Test("a dead letter that was sent back and taken is no breach, one that died again is a dead letter still")
    func sentBack() throws {
        var world = World()
        // The poison turned out to be a ticket after all, once the bug was mended.
        let id = try #require(world.evidence.deadLetters[0].inboxID), ticket = world.dead
        world.evidence.sentBack = [id]
        #expect(Verifier(world.evidence).verdict().hold)
        #expect(Verifier(world.evidence).deadLetters(of: world.poison).count == 1)
        world.evidence.inboxes[.triage]?[id] = "applied"
        world.evidence.attempted.remove(world.poison)
        world.evidence.acknowledged.remove(world.poison)
        var mended = world.poison
        mended.poison = nil
        world.evidence.attempted.insert(mended)
        world.evidence.acknowledged.insert(mended)
        world.evidence.inboxes[.triage]?[Verifier.eventID(mended)] = "ignored"
        world.evidence.tickets[ticket] = .init(version: 1, revision: 1, messageCount: 0, source: FeedRecord.source, session: "session c")
        world.evidence.history.append(.init(ticket: ticket, version: 1, kind: "submitted", cause: id, origin: "t[0]@20"))
        world.evidence.revisions[ticket] = [1]
        world.evidence.answers.append(.init(ticket: ticket, number: 1, outcome: "answered"))
        world.evidence.told += [
            .init(topic: Topics.changes, id: "8", type: "ticket.classified", ticket: ticket, revision: 1),
            .init(topic: Topics.changes, id: "9", type: "ticket.answered", ticket: ticket, number: 1)
        ]
        let verdict = Verifier(world.evidence).verdict()
        #expect(verdict.hold, "\(verdict.table)")
    }

    @Test("tickets that people made by hand are nobody's fault")
    func handMade() {
        var world = World()
        let id = UUID(), cause = UUID()
        world.evidence.tickets[id] = .init(version: 1, revision: 1, messageCount: 0, source: "/helpdesk/ingest")
        world.evidence.history.append(.init(ticket: id, version: 1, kind: "submitted", cause: cause, origin: "t[2]@1"))
        world.evidence.inboxes[.triage]?[cause] = "applied"
        world.evidence.revisions[id] = [1]
        world.evidence.answers.append(.init(ticket: id, number: 1, outcome: "answered"))
        world.evidence.told += [
            .init(topic: Topics.changes, id: "8", type: "ticket.classified", ticket: id, revision: 1),
            .init(topic: Topics.changes, id: "9", type: "ticket.answered", ticket: id, number: 1)
        ]
        #expect(Verifier(world.evidence).verdict().hold)
    }

    @Test("the table names what is broken")
    func table() {
        let table = [Invariant(name: "a", checked: 2, breaches: []), Invariant(name: "bc", checked: 1, breaches: ["it fell"])].table
        #expect(table == "  ok      a   2\n  BROKEN  bc  1 of 1\n            it fell")
    }
}
