import Domain
import Foundation
import Logging
import Observability
import ServiceLifecycle
import Stores
import WorkerRuntime

/// Evaluates tickets whose timers are due. Any number of workers may run it: a ticket that one of them holds the others leave out, and what
/// one has told the next finds in the rows.
struct TimerService: Service {
    /// Tickets in one transaction.
    static let batchLimit = 200
    /// How long a ticket whose evaluation fails waits, so that the others are not behind it for ever.
    static let penalty: Duration = .seconds(60)

    let ledger: PostgresLedger
    let publisher: OutboxPublisher<PostgresLedger>
    let recorder: EscalationRecorder<PostgresTicketTransaction>
    let interval: Duration
    let metrics: TimerMetrics
    let logger: Logger
    /// For how long to sleep; what is due, the database's clock says.
    var now: @Sendable () -> Date = { Date() }

    func run() async throws {
        await cancelWhenGracefulShutdown {
            var size = BatchSize(largest: Self.batchLimit)
            while !Task.isCancelled {
                var wait = interval
                do {
                    // At once while there is more that nobody else holds.
                    while !Task.isCancelled, try await runDue(&size) > 0 {}
                    let next = try await ledger.nextTimer()
                    metrics.lateness.set(max(0, next.map { now().timeIntervalSince($0) } ?? 0))
                    if let next {
                        // A little at least: a timer may be due and its ticket in another's hands.
                        wait = min(interval, max(.milliseconds(20), .seconds(next.timeIntervalSince(now()))))
                    }
                } catch {
                    logger.info("timers not looked at", metadata: ["error": "\(error)"])
                }
                try? await Task.sleep(for: wait)
            }
        }
    }

    /// One batch of due timers.
    /// - Returns: the tickets that were evaluated or put off.
    @discardableResult
    func runDue() async throws(LedgerError) -> Int {
        var size = BatchSize(largest: Self.batchLimit)
        return try await runDue(&size)
    }

    private func runDue(_ size: inout BatchSize) async throws(LedgerError) -> Int {
        let due = try await ledger.dueTimers(limit: size.current)
        guard !due.isEmpty else { return 0 }
        let started = ContinuousClock.now
        do {
            let held = try await run(due, &size)
            size.succeeded(held, within: ContinuousClock.now - started)
            return held
        } catch {
            if case .transient = error { size.failed(due.count) }
            throw error
        }
    }

    private func run(_ tickets: [TicketID], _ size: inout BatchSize) async throws(LedgerError) -> Int {
        do {
            let (rows, held) = try await commit(tickets)
            publisher.enqueue(rows)
            metrics.handled.increment(by: held)
            if held < tickets.count { try await ledger.dropTimers(ofMissing: tickets) }
            return held
        } catch .conflict {
            // Another transaction was in the way: the next round meets it again, later, and with fewer tickets.
            size.failed(tickets.count)
            return 0
        } catch .failed(let reason, let message) {
            guard tickets.count > 1 else {
                logger.error(
                    "a timer's ticket cannot be evaluated", metadata: ["ticket": "\(tickets[0])", "reason": "\(reason)", "error": "\(message)"])
                try await ledger.postponeTimers(of: tickets[0], by: Self.penalty)
                metrics.postponed.increment()
                return 1
            }
            // One of them is to blame: the others must not suffer.
            let middle = tickets.count / 2
            let first = try await run(Array(tickets[..<middle]), &size)
            return try await first + run(Array(tickets[middle...]), &size)
        }
    }

    private func commit(_ tickets: [TicketID]) async throws(LedgerError) -> ([OutboxRow], Int) {
        let recorder = recorder
        return try await ledger.commitTimers { transaction in
            let locked = try transaction.lockFree(tickets.sorted()).values.compactMap(\.stored)
            let instant = try transaction.now()
            let events = try recorder.record(locked, in: transaction, at: instant) { ticket, record in
                // Asked again under the lock: another may have been here meanwhile.
                let due = record.timers.filter { $0.value <= instant }.min { ($0.value, $0.key.rawValue) < ($1.value, $1.key.rawValue) }
                return due.map { EscalationCause(TicketTimer(ticket: ticket.id, kind: $0.key, dueAt: $0.value), version: ticket.version) }
            }
            return (events.sorted { $0.key < $1.key }.flatMap(\.value), locked.count)
        }
    }
}
