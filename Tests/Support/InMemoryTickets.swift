public import Domain
public import Foundation
public import Stores
import WorkerRuntime

/// Tickets without a server: the twin of the PostgreSQL transaction. It refuses what the tables would refuse.
public final class InMemoryTickets: TicketTransaction {
    public struct Refused: Error, CustomStringConvertible {
        public let description: String
    }

    public private(set) var tickets: [TicketID: Ticket] = [:]
    public private(set) var stubs: Set<TicketID> = []
    public private(set) var messages: [UUID: Message] = [:]
    public private(set) var classifications: [TicketID: [StoredClassification]] = [:]
    public private(set) var answers: [TicketID: [StoredAnswer]] = [:]
    public private(set) var history: [TicketID: [HistoryEntry]] = [:]
    public private(set) var parked: [ParkedReply] = []
    public private(set) var links: [TicketLink] = []

    public init() {}

    public func lock(_ ids: [TicketID]) throws -> [TicketID: LockedTicket] {
        var locked: [TicketID: LockedTicket] = [:]
        for id in ids {
            if let ticket = tickets[id] { locked[id] = .ticket(ticket) } else if stubs.contains(id) { locked[id] = .stub }
        }
        return locked
    }

    public func lockOrStub(_ ids: [TicketID]) throws -> [TicketID: LockedTicket] {
        for id in ids where tickets[id] == nil { stubs.insert(id) }
        return try lock(ids)
    }

    public func parkedReplies(of ids: [TicketID]) throws -> [ParkedReply] {
        parked.filter { ids.contains($0.ticket) }
    }

    public func responders(to ids: [TicketID]) throws -> [TicketID: Set<Author.Kind>] {
        let responses = messages.values.filter { ids.contains($0.ticket) && $0.visibility == .public && $0.author.responds }
        return Dictionary(grouping: responses, by: \.ticket).mapValues { Set($0.map(\.author.kind)) }
    }

    public func mergeChains(of ids: [TicketID]) throws -> Set<TicketID> {
        var chain: Set<TicketID> = []
        for id in ids {
            var next = tickets[id]?.mergedInto
            while let target = next, chain.insert(target).inserted { next = tickets[target]?.mergedInto }
        }
        return chain
    }

    public func write(_ changes: TicketChanges) throws {
        links += changes.links
        for ticket in changes.inserted {
            guard tickets[ticket.id] == nil, !stubs.contains(ticket.id) else { throw Refused(description: "duplicate ticket \(ticket.id)") }
            tickets[ticket.id] = ticket
        }
        for ticket in changes.updated {
            guard tickets[ticket.id] != nil || stubs.contains(ticket.id) else { throw Refused(description: "no ticket \(ticket.id)") }
            tickets[ticket.id] = ticket
            stubs.remove(ticket.id)
        }
        for message in changes.messages {
            guard messages.updateValue(message, forKey: message.id) == nil else { throw Refused(description: "duplicate message \(message.id)") }
        }
        for row in changes.classifications {
            guard classifications[row.ticket]?.contains(where: { $0.revision == row.revision }) != true else {
                throw Refused(description: "duplicate revision \(row.revision) of \(row.ticket)")
            }
            classifications[row.ticket, default: []].append(row)
        }
        for answer in changes.answers {
            guard answers[answer.ticket]?.contains(where: { $0.number == answer.number }) != true else {
                throw Refused(description: "duplicate answer \(answer.number) of \(answer.ticket)")
            }
            guard answer.messageID == nil || answer.text != nil else { throw Refused(description: "an answer shown without a text") }
            guard answer.messageID == nil || (answer.outcome != .withheld && answer.outcome != .unsupportedLanguage) else {
                throw Refused(description: "a \(answer.outcome.rawValue) answer shown")
            }
            answers[answer.ticket, default: []].append(answer)
        }
        for entry in changes.history {
            guard history[entry.ticket]?.contains(where: { $0.version == entry.version }) != true else {
                throw Refused(description: "duplicate version \(entry.version) of \(entry.ticket)")
            }
            history[entry.ticket, default: []].append(entry)
        }
        parked.removeAll { changes.unparked.contains($0.raw.id) }
        for reply in changes.parked {
            guard stubs.contains(reply.ticket) else { throw Refused(description: "parked without a stub: \(reply.ticket)") }
            parked.append(reply)
        }
    }
}
