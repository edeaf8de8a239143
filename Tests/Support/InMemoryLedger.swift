public import Foundation
public import Messaging
import Synchronization
public import WorkerRuntime
public import Domain

/// What the twins of broker and ledger are asked to do. Before and after each the weather is asked, which may delay, refuse, or kill.
public enum TwinOperation: String, CaseIterable, Sendable {
    case commit, markDead, handled, openAssignments, forgetNotes, closeAssignments, probe
    case attempts, beginAttempts, withdrawAttempts, clearAttempts
    case deleteOutbox, staleOutbox, lease
    case poll, pause, store, release, close, send
}

/// What goes wrong with an operation.
public enum TwinFault: Sendable, Equatable {
    /// Before: not done. After: done, but the caller learns nothing of it.
    case away
    /// Another transaction was in the way; before only.
    case conflict
}

/// Asked before (`isAfter` false) and after each operation; nil lets it pass.
public typealias TwinWeather = @Sendable (_ operation: TwinOperation, _ isAfter: Bool) async -> TwinFault?

/// A ledger's transaction: tickets with a version and a history, changed on a copy.
public final class InMemoryTransaction {
    public struct Change: Sendable, Hashable {
        public let version: Int
        public let cause: UUID
        public let origin: String
    }

    fileprivate(set) var tickets: [TicketID: [Change]]

    init(_ tickets: [TicketID: [Change]]) { self.tickets = tickets }

    public func version(of ticket: TicketID) -> Int { tickets[ticket]?.last?.version ?? 0 }

    public func append(cause: UUID, origin: String, to ticket: TicketID) {
        tickets[ticket, default: []].append(Change(version: version(of: ticket) + 1, cause: cause, origin: origin))
    }
}

/// What the ledger's twin stores; shared by the pretended processes.
public final class InMemoryLedgerStore: Sendable {
    public struct InboxRow: Sendable, Hashable {
        public enum Outcome: String, Sendable { case applied, ignored, dead, replaying }
        public let payloadHash: [UInt8]
        public var outcome: Outcome
        public var reason: String
    }

    struct State: Sendable {
        var inbox: [UUID: InboxRow] = [:]
        var outbox: [(seq: Int64, row: OutboxRow, at: Duration)] = []
        var nextSeq: Int64 = 0
        var holders: [TopicPartition: UUID] = [:]
        /// Rows whose holder was told that opening or closing them had failed, and nobody has opened since.
        var unsure: Set<TopicPartition> = []
        var attempts: [RecordPlace: Int] = [:]
        var tickets: [TicketID: [InMemoryTransaction.Change]] = [:]
        var lease: (id: Int, renewed: Duration)?
        var nextLease = 0
        var commits = 0
    }

    let state = Mutex(State())

    public init() {}

    public var inbox: [UUID: InboxRow] { state.withLock { $0.inbox } }
    public var tickets: [TicketID: [InMemoryTransaction.Change]] { state.withLock { $0.tickets } }
    public var outboxDepth: Int { state.withLock { $0.outbox.count } }
    public var commits: Int { state.withLock { $0.commits } }
    /// Those whose holder knows of them: after a failure a row may stay open, and the next holder is careful for nothing.
    public var openRows: Set<TopicPartition> { state.withLock { Set($0.holders.keys).subtracting($0.unsure) } }
    public var attempts: Int { state.withLock { $0.attempts.count { $0.value > 0 } } }

    public func isHandled(_ id: UUID) -> Bool { state.withLock { $0.inbox[id] != nil } }

    /// An operator's replay: the dead row lets its event in once more. False when there is no such dead letter.
    @discardableResult
    public func replay(_ id: UUID) -> Bool {
        state.withLock { state in
            guard let row = state.inbox[id], row.outcome == .dead || row.outcome == .replaying else { return false }
            state.inbox[id]?.outcome = .replaying
            return true
        }
    }

    /// Pretends that a process died while it held these partitions, leaving so many attempts behind.
    public func leaveOpen(_ partition: TopicPartition, attempts: [Int64: Int] = [:]) {
        state.withLock { state in
            state.holders[partition] = UUID()
            for (offset, count) in attempts { state.attempts[RecordPlace(partition: partition, offset: offset)] = count }
        }
    }
}

/// A process's view of the ledger's twin. Each call is atomic; the weather stands around it.
public struct InMemoryLedger: Ledger {
    public typealias Transaction = InMemoryTransaction

    let store: InMemoryLedgerStore
    let clock: any RuntimeClock
    let weather: TwinWeather

    public init(_ store: InMemoryLedgerStore, clock: any RuntimeClock, weather: @escaping TwinWeather = { _, _ in nil }) {
        self.store = store
        self.clock = clock
        self.weather = weather
    }

    private func run<T>(
        _ operation: TwinOperation, _ body: (inout InMemoryLedgerStore.State) throws(LedgerError) -> T
    ) async throws(LedgerError) -> T {
        switch await weather(operation, false) {
        case .away: throw .transient("\(operation.rawValue): the ledger is away")
        case .conflict: throw .conflict("\(operation.rawValue): in the way")
        case nil: break
        }
        let result: Result<T, LedgerError> = store.state.withLock { state in
            do throws(LedgerError) { return .success(try body(&state)) } catch { return .failure(error) }
        }
        if case .success = result, await weather(operation, true) != nil {
            throw .transient("\(operation.rawValue): outcome unknown")
        }
        return try result.get()
    }

    public func commit(
        consumer: String, entries: [LedgerEntry],
        record: @escaping @Sendable ([Int], InMemoryTransaction) throws -> [Outcome]
    ) async throws(LedgerError) -> [LedgerResult] {
        let clock = clock
        return try await run(.commit) { state throws(LedgerError) in
            precondition(Set(entries.map(\.eventID)).count == entries.count, "entries of a batch have distinct ids")
            var results: [LedgerResult?] = Array(repeating: nil, count: entries.count)
            var fresh: [Int] = []
            for (index, entry) in entries.enumerated() {
                switch state.inbox[entry.eventID] {
                case nil where entry.isReplay: results[index] = .dead(.invalid, message: DeadLetter.unknownReplay)
                case nil: fresh.append(index)
                case .some(let row) where entry.isReplay && row.outcome == .replaying: fresh.append(index)
                case .some(let row) where !entry.isReplay && row.payloadHash != entry.payloadHash: results[index] = .conflict
                case .some: results[index] = .duplicate
                }
            }
            let transaction = InMemoryTransaction(state.tickets)
            let outcomes: [Outcome]
            do {
                outcomes = fresh.isEmpty ? [] : try record(fresh, transaction)
            } catch let error as LedgerError {
                throw error
            } catch {
                throw .failed(reason: "\(error)", message: "recording failed: \(error)")
            }
            precondition(outcomes.count == fresh.count, "one outcome for each decision")
            for (index, outcome) in zip(fresh, outcomes) {
                let entry = entries[index]
                // A replay is let in by its name alone and keeps its row, whose hash is that of the original.
                let hash = state.inbox[entry.eventID]?.payloadHash ?? entry.payloadHash
                switch outcome {
                case .applied(let events):
                    let rows = events.map { OutboxRow(id: $0.id, record: $0.record) }
                    state.inbox[entry.eventID] = .init(payloadHash: hash, outcome: .applied, reason: "")
                    for row in rows {
                        state.nextSeq += 1
                        state.outbox.append((state.nextSeq, row, clock.now()))
                    }
                    results[index] = .applied(rows)
                case .ignored(let reason):
                    state.inbox[entry.eventID] = .init(payloadHash: hash, outcome: .ignored, reason: reason)
                    results[index] = .ignored(reason: reason)
                case .dead(let reason, let message):
                    results[index] = .dead(reason, message: message)
                }
            }
            state.tickets = transaction.tickets
            state.commits += 1
            return results.map { $0! }
        }
    }

    public func markDead(consumer: String, _ marks: [DeadMark]) async throws(LedgerError) {
        try await run(.markDead) { state in
            for mark in marks where state.inbox[mark.id].map({ $0.outcome == .replaying }) ?? true {
                let hash = state.inbox[mark.id]?.payloadHash ?? mark.payloadHash
                state.inbox[mark.id] = .init(payloadHash: hash, outcome: .dead, reason: mark.reason.rawValue)
            }
        }
    }

    public func handled(consumer: String, _ ids: [UUID]) async throws(LedgerError) -> Set<UUID> {
        try await run(.handled) { state in Set(ids.filter { state.inbox[$0].map { $0.outcome != .replaying } ?? false }) }
    }

    public func openAssignments(
        consumer: String, holder: UUID, _ partitions: [TopicPartition: ReadingRange]
    ) async throws(LedgerError) -> [TopicPartition: Int64] {
        try await noting(partitions.keys) { () throws(LedgerError) in try await open(holder, partitions) }
    }

    private func open(_ holder: UUID, _ partitions: [TopicPartition: ReadingRange]) async throws(LedgerError) -> [TopicPartition: Int64] {
        try await run(.openAssignments) { state in
            state.unsure.subtract(partitions.keys)
            let open = Set(partitions.keys.filter { state.holders[$0].map { $0 != holder } ?? false })
            for partition in partitions.keys { state.holders[partition] = holder }
            state.attempts = state.attempts.filter { place, count in
                let start = partitions[place.partition]?.inHand.lowerBound ?? 0
                return place.offset > start || place.offset == start && count > 0
            }
            var feared: [TopicPartition: Int64] = [:]
            for (partition, range) in partitions {
                let noted = state.attempts.filter { $0.key.partition == partition }.map { $0.value > 0 ? $0.key.offset + 1 : $0.key.offset }.max()
                state.attempts = state.attempts.filter { $0.key.partition != partition || $0.key.offset <= range.logEnd }
                guard let end = range.feared(isOpen: open.contains(partition), noted: noted) else { continue }
                feared[partition] = end
                state.attempts[RecordPlace(partition: partition, offset: end), default: 0] += 0
            }
            return feared
        }
    }

    public func forgetNotes(consumer: String, _ partitions: [TopicPartition]) async throws(LedgerError) {
        try await run(.forgetNotes) { state in
            state.attempts = state.attempts.filter { $0.value > 0 || !partitions.contains($0.key.partition) }
        }
    }

    public func closeAssignments(consumer: String, holder: UUID, _ partitions: [TopicPartition]) async throws(LedgerError) {
        try await noting(partitions) { () throws(LedgerError) in
            try await run(.closeAssignments) { state in
                for partition in partitions where state.holders[partition] == holder { state.holders[partition] = nil }
            }
        }
    }

    private func noting<T>(_ partitions: some Sequence<TopicPartition>, _ body: () async throws(LedgerError) -> T) async throws(LedgerError) -> T {
        do {
            return try await body()
        } catch {
            store.state.withLock { $0.unsure.formUnion(partitions) }
            throw error
        }
    }

    public func attempts(consumer: String, at places: [RecordPlace]) async throws(LedgerError) -> [RecordPlace: Int] {
        try await run(.attempts) { state in state.attempts.filter { places.contains($0.key) && $0.value > 0 } }
    }

    public func beginAttempts(consumer: String, at places: [RecordPlace]) async throws(LedgerError) -> [RecordPlace: Int] {
        try await run(.beginAttempts) { state in
            for place in places { state.attempts[place, default: 0] += 1 }
            return state.attempts.filter { places.contains($0.key) }
        }
    }

    public func withdrawAttempts(consumer: String, at places: [RecordPlace]) async throws(LedgerError) {
        try await run(.withdrawAttempts) { state in
            for place in places { state.attempts[place] = state.attempts[place].flatMap { $0 > 1 ? $0 - 1 : nil } }
        }
    }

    public func clearAttempts(consumer: String, at places: [RecordPlace]) async throws(LedgerError) {
        try await run(.clearAttempts) { state in
            for place in places { state.attempts[place] = nil }
        }
    }

    public func probe() async -> Bool {
        (try? await run(.probe) { _ in true }) ?? false
    }

    // MARK: Outbox

    public func deleteOutbox(_ ids: [UUID]) async throws(LedgerError) {
        let ids = Set(ids)
        try await run(.deleteOutbox) { state in state.outbox.removeAll { ids.contains($0.row.id) } }
    }

    public func staleOutbox(
        olderThan age: Duration, after position: Int64, limit: Int, bytes: Int
    ) async throws(LedgerError) -> OutboxPage {
        let clock = clock
        return try await run(.staleOutbox) { state in
            var page = OutboxPage(rows: [], end: position)
            var size = 0
            for entry in state.outbox where entry.seq > position && clock.now() - entry.at >= age {
                guard page.rows.count < limit, size < bytes else { break }
                page.rows.append(entry.row)
                page.end = entry.seq
                size += entry.row.byteCount
            }
            return page
        }
    }

    public func acquireRelayLease() async throws(LedgerError) -> (any RelayLease)? {
        let clock = clock
        let id: Int? = try await run(.lease) { state in
            // A session that shows no life for 15 s is ended by the server, and its lock with it.
            if let lease = state.lease, clock.now() - lease.renewed < .seconds(15) { return nil }
            state.nextLease += 1
            state.lease = (state.nextLease, clock.now())
            return state.nextLease
        }
        return id.map { InMemoryLease(ledger: self, id: $0) }
    }

    struct InMemoryLease: RelayLease {
        let ledger: InMemoryLedger
        let id: Int

        func renew() async throws(LedgerError) {
            let id = id, clock = ledger.clock
            try await ledger.run(.lease) { state throws(LedgerError) in
                guard state.lease?.id == id else { throw .transient("the lease is lost") }
                state.lease = (id, clock.now())
            }
        }

        func release() async {
            let id = id
            _ = try? await ledger.run(.lease) { state in if state.lease?.id == id { state.lease = nil } }
        }
    }
}
