import Domain
import Foundation
import Messaging
import Postgres
import Stores
import TestSupport
import Testing
import WorkerRuntime

/// A ledger whose kind does not matter.
struct AnyLedger: Sendable {
    typealias Answer = @Sendable (LedgerEntry) -> Outcome

    let commit: @Sendable ([LedgerEntry], @escaping Answer) async throws -> [LedgerResult]
    let ledger: any Ledger
    /// An operator's replay of a dead letter.
    let beginReplay: @Sendable (UUID) async throws -> Bool
    let close: @Sendable () async -> Void
    static let consumer = "contract"

    private init<L: Ledger>(
        _ ledger: L, beginReplay: @escaping @Sendable (UUID) async throws -> Bool, close: @escaping @Sendable () async -> Void
    ) {
        self.ledger = ledger
        self.beginReplay = beginReplay
        self.close = close
        commit = { entries, answer in
            try await ledger.commit(consumer: Self.consumer, entries: entries) { fresh, _ in fresh.map { answer(entries[$0]) } }
        }
    }

    enum Kind: String, CaseIterable, Sendable { case inMemory, postgres }

    static func make(_ kind: Kind) async throws -> AnyLedger {
        switch kind {
        case .inMemory:
            let store = InMemoryLedgerStore()
            return AnyLedger(InMemoryLedger(store, clock: SystemClock()), beginReplay: { store.replay($0) }, close: {})
        case .postgres:
            let pool = try await emptyDatabase()
            let letters = DeadLetterQueries(pool, consumer: consumer)
            return AnyLedger(PostgresLedger(pool), beginReplay: { try await letters.beginReplay($0) }, close: { await pool.close() })
        }
    }

    func markDead(_ marks: [DeadMark]) async throws { try await ledger.markDead(consumer: Self.consumer, marks) }
    func handled(_ ids: [UUID]) async throws -> Set<UUID> { try await ledger.handled(consumer: Self.consumer, ids) }
    func outbox(after position: Int64 = 0, limit: Int = 100, bytes: Int = 1 << 20) async throws -> OutboxPage {
        try await ledger.staleOutbox(olderThan: .zero, after: position, limit: limit, bytes: bytes)
    }
}

/// What every ledger answers, so that what is proven on the twin holds for the real one.
@Suite("Ledgers in memory and in PostgreSQL answer alike", .serialized, .timeLimit(.minutes(3)))
struct LedgerContractTests {
    private static func entry(_ id: UUID = UUID(), hash: UInt8 = 1, isReplay: Bool = false) -> LedgerEntry {
        LedgerEntry(eventID: id, payloadHash: [hash], isReplay: isReplay)
    }

    private static func emitted(_ value: String, cause: UUID, to topic: String = "out") -> EmittedEvent {
        EmittedEvent(
            TicketReplied(ticketID: nil, author: Author(kind: .agent, id: "a"), body: value), to: topic, stage: "s", cause: cause,
            time: Date(timeIntervalSince1970: 1), ticket: TicketID(cause), traceparent: nil)
    }

    private static func mark(_ id: UUID, hash: UInt8 = 1) -> DeadMark {
        DeadMark(id: id, payloadHash: [hash], reason: .failed, message: "m", attempts: 5, origin: "t[0]@1")
    }

    private struct Broken: Error {}

    /// What becomes of a batch whose recording throws.
    private static func failure(of ledger: some Ledger, _ entries: [LedgerEntry]) async -> LedgerError? {
        do throws(LedgerError) {
            _ = try await ledger.commit(consumer: AnyLedger.consumer, entries: entries) { _, _ in throw Broken() }
            return nil
        } catch {
            return error
        }
    }

    private func with(_ kind: AnyLedger.Kind, _ body: (AnyLedger) async throws -> Void) async throws {
        let ledger = try await AnyLedger.make(kind)
        do {
            try await body(ledger)
        } catch {
            await ledger.close()
            throw error
        }
        await ledger.close()
    }

    private static let applied: AnyLedger.Answer = { _ in .applied([]) }
    /// For entries that must not reach the stage.
    private static let unasked: AnyLedger.Answer = { entry in
        Issue.record("the stage was asked about \(entry)")
        return .ignored("")
    }

    @Test(arguments: AnyLedger.Kind.allCases)
    func newThenDuplicateThenConflict(kind: AnyLedger.Kind) async throws {
        try await with(kind) { ledger in
            let one = Self.entry(), two = Self.entry()
            let before = try await ledger.handled([one.eventID])
            #expect(before.isEmpty)
            #expect(try await ledger.commit([one], Self.applied) == [.applied([])])
            #expect(try await ledger.commit([one], Self.unasked) == [.duplicate])
            #expect(try await ledger.commit([Self.entry(one.eventID, hash: 2)], Self.unasked) == [.conflict])
            // In the order of the entries, whatever the order of their ids.
            let mixed = [two, Self.entry(one.eventID, hash: 2), Self.entry()]
            #expect(try await ledger.commit(mixed) { _ in .ignored("why") } == [.ignored(reason: "why"), .conflict, .ignored(reason: "why")])
            #expect(try await ledger.commit([one, two], Self.unasked) == [.duplicate, .duplicate])
            #expect(try await ledger.handled([one.eventID, two.eventID, UUID()]) == [one.eventID, two.eventID])
            #expect(try await ledger.commit([], Self.unasked).isEmpty)
        }
    }

    @Test(arguments: AnyLedger.Kind.allCases)
    func whatTheStageThrowsLeavesNothingBehind(kind: AnyLedger.Kind) async throws {
        try await with(kind) { ledger in
            let one = Self.entry(), two = Self.entry()
            let error = await Self.failure(of: ledger.ledger, [one, two])
            if case .failed = error {} else { Issue.record("expected .failed, got \(String(describing: error))") }
            let held = try await ledger.handled([one.eventID, two.eventID])
            #expect(held.isEmpty)
            #expect(try await ledger.outbox().rows.isEmpty)
            #expect(try await ledger.commit([one, two], Self.applied) == [.applied([]), .applied([])])
        }
    }

    @Test(arguments: AnyLedger.Kind.allCases)
    func aReplayNeedsItsDeadLetter(kind: AnyLedger.Kind) async throws {
        try await with(kind) { ledger in
            let unknown = UUID()
            #expect(try await ledger.beginReplay(unknown) == false)
            let refusal = LedgerResult.dead(.invalid, message: DeadLetter.unknownReplay)
            #expect(try await ledger.commit([Self.entry(unknown, isReplay: true)], Self.unasked) == [refusal])
            // The refusal is no claim: the dead letter that follows from it is the first to be noted.
            #expect(try await ledger.handled([unknown]).isEmpty)
            try await ledger.markDead([Self.mark(unknown)])
            #expect(try await ledger.commit([Self.entry(unknown, isReplay: true)], Self.unasked) == [.duplicate])
            #expect(try await ledger.beginReplay(unknown))
            #expect(try await ledger.commit([Self.entry(unknown, isReplay: true)], Self.applied) == [.applied([])])

            // One that was applied is not let in again, dead letter or not.
            #expect(try await ledger.beginReplay(unknown) == false)
            #expect(try await ledger.commit([Self.entry(unknown, isReplay: true)], Self.unasked) == [.duplicate])
            // With its neighbours in one batch.
            let new = Self.entry(), ghost = Self.entry(isReplay: true)
            #expect(try await ledger.commit([ghost, new, Self.entry(unknown, isReplay: true)], Self.applied) == [refusal, .applied([]), .duplicate])
        }
    }

    @Test(arguments: AnyLedger.Kind.allCases)
    func aDeadLetterStaysDeadUntilItIsReplayed(kind: AnyLedger.Kind) async throws {
        try await with(kind) { ledger in
            let id = UUID()
            // Declared dead by the stage: no claim yet, since its letter may never be acknowledged.
            let dead: AnyLedger.Answer = { _ in .dead(.failed, message: "why") }
            #expect(try await ledger.commit([Self.entry(id)], dead) == [.dead(.failed, message: "why")])
            #expect(try await ledger.handled([id]).isEmpty)
            #expect(try await ledger.commit([Self.entry(id)], dead) == [.dead(.failed, message: "why")])
            // Twice in one call, and once more: all the same.
            try await ledger.markDead([Self.mark(id), Self.mark(id)])
            try await ledger.markDead([Self.mark(id, hash: 2)])
            #expect(try await ledger.handled([id]) == [id])
            #expect(try await ledger.commit([Self.entry(id)], Self.unasked) == [.duplicate])
            #expect(try await ledger.commit([Self.entry(id, hash: 2)], Self.unasked) == [.conflict])

            // Sent back: unhandled, though the original, delivered again, stays out.
            #expect(try await ledger.beginReplay(id))
            #expect(try await ledger.handled([id]).isEmpty)
            #expect(try await ledger.commit([Self.entry(id)], Self.unasked) == [.duplicate])
            // It dies again: still on its way until its letter is noted, then dead.
            #expect(try await ledger.commit([Self.entry(id, isReplay: true)], dead) == [.dead(.failed, message: "why")])
            #expect(try await ledger.handled([id]).isEmpty)
            try await ledger.markDead([Self.mark(id)])
            #expect(try await ledger.handled([id]) == [id])
            #expect(try await ledger.commit([Self.entry(id, isReplay: true)], Self.unasked) == [.duplicate])
            // A payload that was mended on the way is let in by the name alone.
            #expect(try await ledger.beginReplay(id))
            #expect(try await ledger.commit([Self.entry(id, hash: 7, isReplay: true)], Self.applied) == [.applied([])])
            // A mark that comes late does not undo what was applied.
            try await ledger.markDead([Self.mark(id)])
            #expect(try await ledger.beginReplay(id) == false)
            #expect(try await ledger.commit([Self.entry(id)], Self.unasked) == [.duplicate])
        }
    }

    @Test(arguments: AnyLedger.Kind.allCases)
    func theOutboxKeepsWhatWasCommittedInItsOrder(kind: AnyLedger.Kind) async throws {
        try await with(kind) { ledger in
            let long = String(repeating: "x", count: 1000)
            var expected: [EmittedEvent] = []
            for _ in 0..<3 {
                let entries = [Self.entry(), Self.entry()]
                let results = try await ledger.commit(entries) { entry in
                    .applied([Self.emitted(long, cause: entry.eventID)])
                }
                for (entry, result) in zip(entries, results) {
                    let event = Self.emitted(long, cause: entry.eventID)
                    expected.append(event)
                    #expect(result == .applied([OutboxRow(id: event.id, record: event.record)]))
                }
            }
            // What is turned away, ignored or dead tells nobody anything.
            _ = try await ledger.commit([Self.entry()]) { _ in .ignored("") }
            _ = try await ledger.commit([Self.entry()]) { _ in .dead(.failed, message: "") }

            let all = try await ledger.outbox()
            #expect(all.rows.map(\.record) == expected.map(\.record) && all.rows.map(\.id) == expected.map(\.id))
            #expect(try await ledger.ledger.staleOutbox(olderThan: .seconds(60), after: 0, limit: 10, bytes: 1 << 20).rows.isEmpty)
            // In pages of rows, and of bytes, which always have one row at least.
            let first = try await ledger.outbox(limit: 2), second = try await ledger.outbox(after: first.end, limit: 3)
            #expect((first.rows + second.rows).map(\.id) == expected.prefix(5).map(\.id))
            for (bytes, count) in [(1, 1), (1200, 1), (2000, 2), (100_000, 6)] {
                #expect(try await ledger.outbox(bytes: bytes).rows.count == count, "\(bytes) bytes")
            }
            let end = try await ledger.outbox(after: all.end)
            #expect(end.rows.isEmpty && end.end == all.end)

            try await ledger.ledger.deleteOutbox([expected[1].id, expected[4].id, UUID()])
            #expect(try await ledger.outbox().rows.map(\.id) == [0, 2, 3, 5].map { expected[$0].id })
        }
    }

    @Test(arguments: AnyLedger.Kind.allCases)
    func anAssignmentFoundOpenTellsOfACrash(kind: AnyLedger.Kind) async throws {
        try await with(kind) { ledger in
            let places = (0..<3).map { TopicPartition(topic: "t", partition: $0) }, holders = [UUID(), UUID()]
            func open(
                _ places: [TopicPartition], _ holder: Int, from: Int64 = 0, to: Int64 = 3, logEnd: Int64 = .max
            ) async throws -> [TopicPartition: Int64] {
                let range = ReadingRange(inHand: from..<max(from, to), logEnd: logEnd)
                return try await ledger.ledger.openAssignments(
                    consumer: AnyLedger.consumer, holder: holders[holder], Dictionary(uniqueKeysWithValues: places.map { ($0, range) }))
            }
            #expect(try await open(places, 0) == [:])
            #expect(try await open(places, 0) == [:], "one's own rows tell of nothing")
            try await ledger.ledger.closeAssignments(consumer: AnyLedger.consumer, holder: holders[1], places)
            #expect(try await open([places[0]], 1) == [places[0]: 3], "another's rows are not closed by a stranger")
            try await ledger.ledger.closeAssignments(consumer: AnyLedger.consumer, holder: holders[0], places)
            #expect(try await open(places, 0, from: 3) == [:], "nothing was in hand")
            #expect(try await open([places[0]], 1, from: 1) == [places[0]: 3])
            #expect(try await open(places, 0, from: 1) == [places[0]: 3])
            func at(_ partition: Int, _ offset: Int64 = 4) -> RecordPlace { RecordPlace(partition: places[partition], offset: offset) }
            func begin(_ records: [RecordPlace]) async throws -> [RecordPlace: Int] {
                try await ledger.ledger.beginAttempts(consumer: AnyLedger.consumer, at: records)
            }
            #expect(try await ledger.ledger.attempts(consumer: AnyLedger.consumer, at: [at(0), at(1)]) == [:])
            #expect(try await begin([at(0)]) == [at(0): 1])
            #expect(try await begin([at(0), at(1)]) == [at(0): 2, at(1): 1])
            #expect(try await ledger.ledger.attempts(consumer: AnyLedger.consumer, at: [at(0), at(0, 5)]) == [at(0): 2])
            try await ledger.ledger.withdrawAttempts(consumer: AnyLedger.consumer, at: [at(0), at(1), at(0, 5)])
            #expect(try await ledger.ledger.attempts(consumer: AnyLedger.consumer, at: [at(0), at(1), at(0, 5)]) == [at(0): 1])
            try await ledger.ledger.clearAttempts(consumer: AnyLedger.consumer, at: [at(0), at(1)])
            #expect(try await begin([at(0), at(1)]) == [at(0): 1, at(1): 1])
            // What is counted at a record that will come again is told; what is counted at earlier ones is over.
            #expect(try await open(places, 0, from: 4, to: 9) == [places[0]: 5, places[1]: 5])
            #expect(try await open([places[0]], 0, from: 5, to: 9) == [:])
            #expect(try await open(places, 0, from: 0, to: 9) == [places[1]: 5])
            try await ledger.ledger.clearAttempts(consumer: AnyLedger.consumer, at: [at(1), at(1, 5)])
            #expect(try await open(places, 0, from: 0) == [:])
            // So is how far a partition is feared, until the group is past that, whoever holds it; no more than there was to fear at first.
            #expect(try await open([places[1]], 1, from: 4, to: 9) == [places[1]: 9])
            #expect(try await open([places[1]], 1, from: 4, to: 12) == [places[1]: 9])
            #expect(try await ledger.ledger.attempts(consumer: AnyLedger.consumer, at: [at(1), at(1, 9)]) == [:])
            #expect(try await open([places[1]], 1, from: 8, to: 12) == [places[1]: 9])
            #expect(try await open([places[1]], 1, from: 9, to: 12) == [:])
            #expect(try await begin([at(1, 9)]) == [at(1, 9): 1])
            #expect(try await open([places[1]], 1, from: 9, to: 99) == [places[1]: 10])
            try await ledger.ledger.withdrawAttempts(consumer: AnyLedger.consumer, at: [at(1, 9)])
            #expect(try await open([places[1]], 1, from: 9, to: 99) == [places[1]: 10])
            #expect(try await open([places[1]], 1, from: 10, to: 99) == [:])
            // No more at once than may be in somebody's hands; the rest is not forgotten.
            #expect(try await begin([at(1, 70)]) == [at(1, 70): 1])
            #expect(try await open([places[1]], 1, from: 4, to: 50) == [places[1]: 50])
            #expect(try await open([places[1]], 1, from: 50, to: 99) == [places[1]: 71])
            // Nor when the notes are; what is counted stays.
            try await ledger.ledger.forgetNotes(consumer: AnyLedger.consumer, [places[1]])
            #expect(try await open([places[1]], 1, from: 50, to: 99) == [places[1]: 71])
            // A log that ends before was made anew: what is counted behind its end is another log's.
            #expect(try await open([places[1]], 1, from: 4, to: 6, logEnd: 6) == [places[1]: 6])
            #expect(try await ledger.ledger.attempts(consumer: AnyLedger.consumer, at: [at(1, 70)]) == [:])
            #expect(try await open([places[1]], 1, from: 4, to: 90, logEnd: 90) == [places[1]: 6])
            try await ledger.ledger.forgetNotes(consumer: AnyLedger.consumer, [places[1]])
            #expect(try await open([places[1]], 1, from: 4, to: 90, logEnd: 90) == [:])
        }
    }

    @Test(arguments: AnyLedger.Kind.allCases)
    func theRelayLeaseIsOnes(kind: AnyLedger.Kind) async throws {
        try await with(kind) { ledger in
            let lease = try #require(try await ledger.ledger.acquireRelayLease())
            #expect(try await ledger.ledger.acquireRelayLease() == nil)
            try await lease.renew()
            await lease.release()
            let next = try await ledger.ledger.acquireRelayLease()
            #expect(next != nil)
            await next?.release()
            #expect(await ledger.ledger.probe())
        }
    }
}
