import Domain
import Foundation
import Testing

@testable import HelpdeskLocal

@Suite("Verifier")
struct VerifierTests {
    /// A ticket with a reply that came first, a ticket of two bodies, and a dead one: a world in which every promise held.
    struct World {
        var evidence = Evidence()
        let ticket = UUID(), twin = UUID(), dead = UUID()
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
            evidence.inbox = [first: "applied", second: "parked", third: "applied", deadIDs[0]: "dead", deadIDs[1]: "dead"]
            evidence.deadLetters = [
                .init(source: FeedRecord.source, id: poison.id, reason: "invalid", inboxID: deadIDs[0], session: nil),
                .init(source: FeedRecord.source, id: "one id", reason: "id_conflict", inboxID: deadIDs[1], session: "session e")
            ]
            evidence.changes = [
                .init(id: "1", type: "ticket.classified", ticket: ticket, revision: 1),
                .init(id: "1", type: "ticket.classified", ticket: ticket, revision: 1),
                .init(id: "2", type: "ticket.classified", ticket: twin, revision: 1),
                .init(id: "3", type: "ticket.updated", ticket: ticket, message: second)
            ]
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
        Violation("an event is not in the inbox", noticedBy: "inbox") { $0.evidence.inbox[Verifier.eventID($0.submission)] = nil },
        Violation("applied without a trace", noticedBy: "inbox") { $0.evidence.inbox[UUID()] = "applied" },
        Violation("parked and forgotten", noticedBy: "inbox") { $0.evidence.inbox[UUID()] = "parked" },
        Violation("a dead letter without a mark", noticedBy: "dead letters") { $0.evidence.deadLetters[0].inboxID = UUID() },
        Violation("a classification never told", noticedBy: "ticket.classified") { $0.evidence.changes.remove(at: 2) },
        Violation("a classification told under two ids", noticedBy: "ticket.classified") { $0.evidence.changes[1].id = "9" },
        Violation("a reply never told", noticedBy: "ticket.updated") { $0.evidence.changes.removeLast() },
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

    @Test("tickets that people made by hand are nobody's fault")
    func handMade() {
        var world = World()
        let id = UUID(), cause = UUID()
        world.evidence.tickets[id] = .init(version: 1, revision: 1, messageCount: 0, source: "/helpdesk/ingest")
        world.evidence.history.append(.init(ticket: id, version: 1, kind: "submitted", cause: cause, origin: "t[2]@1"))
        world.evidence.inbox[cause] = "applied"
        world.evidence.revisions[id] = [1]
        world.evidence.changes.append(.init(id: "8", type: "ticket.classified", ticket: id, revision: 1))
        #expect(Verifier(world.evidence).verdict().hold)
    }

    @Test("the table names what is broken")
    func table() {
        let table = [Invariant(name: "a", checked: 2, breaches: []), Invariant(name: "bc", checked: 1, breaches: ["it fell"])].table
        #expect(table == "  ok      a   2\n  BROKEN  bc  1 of 1\n            it fell")
    }
}
