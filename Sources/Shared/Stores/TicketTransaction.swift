public import Domain
public import Foundation
public import WorkerRuntime

/// A ticket's place, locked until the transaction ends.
public enum LockedTicket: Sendable, Hashable {
    case ticket(Ticket)
    /// Only replies have come so far.
    case stub
}

/// A reply that waits for its ticket, for 24 hours.
public struct ParkedReply: Sendable {
    public let ticket: TicketID
    public let raw: RawEvent

    public init(ticket: TicketID, raw: RawEvent) {
        self.ticket = ticket
        self.raw = raw
    }
}

/// A classification with what it is stored under.
public struct StoredClassification: Sendable, Hashable {
    public var ticket: TicketID
    public var revision: Int
    /// The event that caused it.
    public var cause: UUID
    public var stage: String
    public var classification: Classification
    public var at: Date

    public init(ticket: TicketID, revision: Int, cause: UUID, stage: String, classification: Classification, at: Date) {
        self.ticket = ticket
        self.revision = revision
        self.cause = cause
        self.stage = stage
        self.classification = classification
        self.at = at
    }
}

/// Everything a batch writes, folded: one final row for a ticket, every message, classification, answer and history row.
public struct TicketChanges: Sendable {
    /// Tickets without a row so far.
    public var inserted: [Ticket] = []
    /// Tickets whose row (or stub) is locked.
    public var updated: [Ticket] = []
    public var messages: [Message] = []
    public var classifications: [StoredClassification] = []
    public var answers: [StoredAnswer] = []
    public var history: [HistoryEntry] = []
    /// Each is kept from both sides; one that is known stays as it is.
    public var links: [TicketLink] = []
    public var parked: [ParkedReply] = []
    /// Parked replies that were applied, by event id.
    public var unparked: [UUID] = []

    public init() {}
}

/// What a stage may do to tickets inside its transaction.
public protocol TicketTransaction {
    /// Locks the places of these tickets in id order; one without a row is missing from the answer, and is not locked.
    func lock(_ ids: [TicketID]) throws -> [TicketID: LockedTicket]
    /// Makes stubs of those without a row, and locks them all.
    func lockOrStub(_ ids: [TicketID]) throws -> [TicketID: LockedTicket]
    /// The replies parked for these tickets, in the order in which they were parked. The places must be locked.
    func parkedReplies(of ids: [TicketID]) throws -> [ParkedReply]
    /// Who has responded to these tickets so far, by public messages: agents, the AI. The places must be locked.
    func responders(to ids: [TicketID]) throws -> [TicketID: Set<Author.Kind>]
    /// The tickets that these were merged into, along the whole chain. Not locked: look again under the lock.
    func mergeChains(of ids: [TicketID]) throws -> Set<TicketID>
    func write(_ changes: TicketChanges) throws
}
