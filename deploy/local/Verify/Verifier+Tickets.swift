import Domain
import Foundation

extension Verifier {
    /// Whether every dead letter of a ticket or reply is still there.
    var isWholeDead: Bool { evidence.isWhole(Topics.deadLetters(of: Topics.tickets)) }

    private var plainTickets: [FeedEntry] { evidence.acknowledged.filter { $0.kind == .ticket && $0.poison != .idConflict } }

    /// Every acknowledged ticket is stored, or dead with a reason.
    var lostTickets: Invariant {
        var breaches: [String] = []
        var dead = 0
        for entry in plainTickets {
            let isStored = entry.ticket.map { evidence.tickets[$0] != nil } ?? false
            let letters = deadLetters(of: entry)
            if !isStored, entry.poison == nil || entry.poison == .noKey, !letters.isEmpty { dead += 1 }
            if letters.contains(where: \.reason.isEmpty) { breaches.append("\(Self.name(entry)): a dead letter without a reason") }
            if !isStored, letters.isEmpty, isWholeDead { breaches.append("\(Self.name(entry)): neither stored nor dead") }
        }
        return Invariant(
            name: "lost tickets: 0", checked: plainTickets.count, breaches: breaches, note: dead == 0 ? "" : "\(dead) good ones are dead letters")
    }

    /// No ticket is stored twice, none is both stored and dead, and none came of what is no ticket.
    var doubledTickets: Invariant {
        var breaches: [String] = []
        for entry in plainTickets {
            guard let id = entry.ticket, evidence.tickets[id] != nil else { continue }
            if entry.poison?.isDeadly == true { breaches.append("\(Self.name(entry)): stored, though it is no ticket") }
            if !deadLetters(of: entry).isEmpty { breaches.append("\(Self.name(entry)): both stored and dead") }
        }
        let bySession = Dictionary(grouping: evidence.tickets.filter { $0.value.session != nil }, by: { $0.value.session ?? "" })
        for (session, tickets) in bySession where tickets.count > 1 { breaches.append("\(session): stored as \(tickets.count) tickets") }
        return Invariant(name: "doubled tickets: 0", checked: plainTickets.count, breaches: breaches)
    }

    /// Of two bodies under one id, one is stored and the other is dead.
    var idConflicts: Invariant {
        let pairs = Dictionary(grouping: evidence.acknowledged.filter { $0.poison == .idConflict }, by: \.id)
        var breaches: [String] = []
        for pair in pairs.values where pair.count == 2 {
            let stored = pair.filter { entry in
                entry.ticket.flatMap { evidence.tickets[$0] }.map { $0.session == entry.session } ?? false
            }
            let others = Set(pair).subtracting(stored)
            if stored.count != 1 { breaches.append("\(Self.name(pair[0])): \(stored.count) of its two bodies are stored, expected 1") }
            for other in others where stored.count == 1 && isWholeDead {
                if !deadLetters(of: other).contains(where: { $0.session == other.session && $0.reason == "id_conflict" }) {
                    breaches.append("\(Self.name(other)): the body that was not stored has no dead letter id_conflict")
                }
            }
        }
        return Invariant(name: "one id, two bodies: one stored, one dead", checked: pairs.count, breaches: breaches)
    }

    /// Every acknowledged reply is one message, or waits for its ticket, or is dead.
    var replies: Invariant {
        let entries = evidence.acknowledged.filter { $0.kind == .reply }
        let stored = Dictionary(grouping: evidence.messages, by: \.id)
        let bySession = Dictionary(grouping: evidence.messages.filter { $0.session != nil }, by: { $0.session ?? "" })
        var breaches: [String] = []
        for entry in entries {
            let id = Self.eventID(entry)
            let places = (stored[id]?.count ?? 0) + (evidence.parked[id] == nil ? 0 : 1) + (deadLetters(of: entry).isEmpty ? 0 : 1)
            if places == 0, isWholeDead { breaches.append("\(Self.name(entry)): neither stored, nor parked, nor dead") }
            if places > 1 { breaches.append("\(Self.name(entry)): in \(places) places") }
            if let twice = bySession[entry.session], twice.count > 1 { breaches.append("\(Self.name(entry)): stored as \(twice.count) messages") }
            if let message = stored[id]?.first, message.ticket != entry.ticket { breaches.append("\(Self.name(entry)): stored under another ticket") }
        }
        return Invariant(name: "replies: each in one place", checked: entries.count, breaches: breaches)
    }

    /// Nothing is stored that was never sent. Tickets that people submitted by hand carry no session word and are left alone.
    var strangers: Invariant {
        let tickets = Set(evidence.attempted.compactMap(\.ticket)), sessions = Set(evidence.attempted.map(\.session))
        var breaches: [String] = []
        for (id, ticket) in evidence.tickets {
            if ticket.source == FeedRecord.source, !tickets.contains(id) { breaches.append("ticket \(id.canonical) was never sent") }
            if let session = ticket.session, !sessions.contains(session) {
                breaches.append("ticket \(id.canonical) holds a text that was never sent")
            }
        }
        for message in evidence.messages {
            if let session = message.session, !sessions.contains(session) { breaches.append("message \(message.id.canonical) was never sent") }
        }
        return Invariant(name: "strangers: 0", checked: evidence.tickets.count + evidence.messages.count, breaches: breaches)
    }

    static func name(_ entry: FeedEntry) -> String {
        "\(entry.kind.rawValue) \(entry.ticket?.canonical ?? "?") (event \(entry.id)\(entry.poison.map { ", \($0.rawValue)" } ?? ""))"
    }
}
