import Domain
public import Foundation
public import Messaging

/// One event of a commit batch, as the ledger sees it.
public struct LedgerEntry: Sendable, Hashable {
    public let eventID: UUID
    public let payloadHash: [UInt8]
    /// Sent back from a dead-letter topic: only an inbox row in state `replaying` lets it in.
    public let isReplay: Bool

    public init(eventID: UUID, payloadHash: [UInt8], isReplay: Bool) {
        self.eventID = eventID
        self.payloadHash = payloadHash
        self.isReplay = isReplay
    }
}

/// What became of an entry.
public enum LedgerResult: Sendable, Hashable {
    /// Recorded now; these rows of the outbox are to be published.
    case applied([OutboxRow])
    case ignored(reason: String)
    /// It was handled before; nothing was done.
    case duplicate
    /// Its id belongs to an event with another payload; nothing was done.
    case conflict
    /// The stage declared it dead; nothing was stored for it.
    case dead(DeadReason, message: String)
}

/// A row of the outbox: an event that is committed and may not be on its topic yet.
public struct OutboxRow: Sendable, Hashable {
    public let id: UUID
    public let record: OutgoingRecord

    public init(id: UUID, record: OutgoingRecord) {
        self.id = id
        self.record = record
    }

    /// Bytes held in memory for it, roughly: what bounds count. An array costs 32 bytes before its first, and an allocation 16.
    public var byteCount: Int {
        record.headers.reduce((record.key?.count ?? 0) + (record.value?.count ?? 0) + 256) { $0 + 72 + ($1.value?.count ?? 0) }
    }

    public static func == (a: OutboxRow, b: OutboxRow) -> Bool { a.id == b.id }
    public func hash(into hasher: inout Hasher) { hasher.combine(id) }
}

/// Rows of the outbox in the order in which they were stored.
public struct OutboxPage: Sendable {
    public var rows: [OutboxRow]
    /// Where the page ends: what to ask after for the next one.
    public var end: Int64

    public init(rows: [OutboxRow], end: Int64) {
        self.rows = rows
        self.end = end
    }
}

/// Why the ledger could not do what it was asked.
public enum LedgerError: Error, Sendable {
    /// The database is away, overloaded or shutting down, or the outcome of COMMIT is unknown: again, unchanged. The inbox answers
    /// whether it had been done.
    case transient(String)
    /// Another transaction was in the way (deadlock, serialisation): again at once.
    case conflict(String)
    /// The events themselves, or our code, made it fail. `reason` is stable for one kind of failure.
    case failed(reason: String, message: String)
}

/// A dead letter that the log has acknowledged, to be noted in the inbox.
public struct DeadMark: Sendable, Hashable {
    public let id: UUID
    public let payloadHash: [UInt8]
    public let reason: DeadReason
    public let message: String
    public let attempts: Int
    /// `topic[partition]@offset`.
    public let origin: String

    public init(id: UUID, payloadHash: [UInt8], reason: DeadReason, message: String, attempts: Int, origin: String) {
        self.id = id
        self.payloadHash = payloadHash
        self.reason = reason
        self.message = message
        self.attempts = attempts
        self.origin = origin
    }
}

/// From where a partition is read.
public struct ReadingRange: Sendable, Hashable {
    /// From the first offset that is read to the end of what somebody may have had in hand before.
    public let inHand: Range<Int64>
    /// The offset that the next appended record gets; `Int64.max` where that is unknown.
    public let logEnd: Int64

    public init(inHand: Range<Int64>, logEnd: Int64 = .max) {
        self.inHand = inHand
        self.logEnd = logEnd
    }

    /// The offset before which a record is feared; nil when none is.
    ///
    /// - Parameters:
    ///   - isOpen: the last holder died.
    ///   - noted: one behind the highest offset at which something is counted, or the highest that is noted.
    public func feared(isOpen: Bool, noted: Int64?) -> Int64? {
        let end = isOpen ? inHand.upperBound : min(noted ?? 0, inHand.upperBound)
        return end > inHand.lowerBound ? end : nil
    }
}

/// Where it stands what was handled, and what must still be told: inbox, outbox, assignments, attempts.
public protocol Ledger: OutboxStore {
    associatedtype Transaction

    /// One transaction: claims the entries in the inbox, calls `record` with the positions of those that are new, stores the outcomes and
    /// the emitted events, commits. The results stand in the order of the entries, which have distinct ids.
    func commit(
        consumer: String, entries: [LedgerEntry],
        record: @escaping @Sendable (_ fresh: [Int], _ transaction: Transaction) throws -> [Outcome]
    ) async throws(LedgerError) -> [LedgerResult]

    /// Notes dead letters. One that is known already stays as it is.
    func markDead(consumer: String, _ marks: [DeadMark]) async throws(LedgerError)

    /// Which of these events the inbox holds.
    func handled(consumer: String, _ ids: [UUID]) async throws(LedgerError) -> Set<UUID>

    /// Opens assignment rows; answers with the partitions in which a record is to be feared, and with the offset before which. A row found open means that
    /// its last holder died: all that may have been in its hands. Otherwise something is counted or noted at an offset that is still to come: up to there.
    /// That offset is noted (no attempts, one behind the last that is feared), so that whoever reads the partition before the group is past it fears the same.
    /// What is counted and noted before the first offset, or behind the log's end, is forgotten. A holder that the group has given up meanwhile may forget
    /// what its successor has just counted behind the end that it knew; that costs one more crash.
    func openAssignments(
        consumer: String, holder: UUID, _ partitions: [TopicPartition: ReadingRange]
    ) async throws(LedgerError) -> [TopicPartition: Int64]

    /// Forgets how far these partitions are feared. What is counted at single records stays.
    func forgetNotes(consumer: String, _ partitions: [TopicPartition]) async throws(LedgerError)

    /// Closes the rows that `holder` still holds.
    func closeAssignments(consumer: String, holder: UUID, _ partitions: [TopicPartition]) async throws(LedgerError)

    /// The attempts that are counted at these records. Records without one are left out.
    func attempts(consumer: String, at places: [RecordPlace]) async throws(LedgerError) -> [RecordPlace: Int]

    /// Counts an attempt at each of these records before they are handled; answers with the counts, this one included.
    func beginAttempts(consumer: String, at places: [RecordPlace]) async throws(LedgerError) -> [RecordPlace: Int]

    /// Takes back the last attempt at each of these records, which ended without harm and without a result.
    func withdrawAttempts(consumer: String, at places: [RecordPlace]) async throws(LedgerError)

    /// Forgets the attempts at records that were handled.
    func clearAttempts(consumer: String, at places: [RecordPlace]) async throws(LedgerError)

    /// True when the database takes a write now.
    func probe() async -> Bool
}

/// The part of the ledger that publishers need.
public protocol OutboxStore: Sendable {
    /// Deletes rows whose records the log has acknowledged.
    func deleteOutbox(_ ids: [UUID]) async throws(LedgerError)

    /// Rows that nobody published within `age`, oldest first.
    /// - Parameters:
    ///   - position: only rows after the end of this page; 0 for the first.
    ///   - limit: rows at most.
    ///   - bytes: no further row once the page has so many, roughly.
    func staleOutbox(olderThan age: Duration, after position: Int64, limit: Int, bytes: Int) async throws(LedgerError) -> OutboxPage

    /// The right to relay stale rows, which one process holds at a time; nil while another has it.
    func acquireRelayLease() async throws(LedgerError) -> (any RelayLease)?
}

/// Held for as long as its session lives.
public protocol RelayLease: Sendable {
    /// Asks the session for a sign of life. Throws when the lease is lost: publishing must stop.
    func renew() async throws(LedgerError)
    func release() async
}
