import Domain
import Synchronization

/// Requests that wait for their ticket to be classified, or otherwise changed. Bounded; who finds no place does not wait.
final class ClassifiedWaiters: Sendable {
    private struct State {
        var waiting: [TicketID: [UInt64: OneShot<Void>]] = [:]
        var count = 0
        var next: UInt64 = 0
        var isClosed = false
    }

    private let capacity: Int
    private let state = Mutex(State())

    init(capacity: Int) {
        self.capacity = capacity
    }

    /// A place in the table, taken before the event is published so that no answer is too early; nil when there is none. Call `wait` or
    /// `leave` on it.
    func enter(_ ticket: TicketID) -> Place? {
        let waiter = OneShot<Void>()
        let number: UInt64? = state.withLock { state in
            guard state.count < capacity, !state.isClosed else { return nil }
            state.count += 1
            state.next += 1
            state.waiting[ticket, default: [:]][state.next] = waiter
            return state.next
        }
        return number.map { Place(table: self, ticket: ticket, number: $0, waiter: waiter) }
    }

    /// The ticket has what they wait for.
    func classified(_ ticket: TicketID) {
        let waiters = state.withLock { $0.waiting[ticket].map { Array($0.values) } ?? [] }
        for waiter in waiters { waiter.fulfil(()) }
    }

    /// Ends all waits, and lets nobody in any more.
    func close() {
        let waiters = state.withLock { state in
            state.isClosed = true
            return state.waiting.values.flatMap(\.values)
        }
        for waiter in waiters { waiter.fulfil(()) }
    }

    var count: Int { state.withLock { $0.count } }

    fileprivate func remove(_ ticket: TicketID, _ number: UInt64) {
        state.withLock { state in
            guard state.waiting[ticket]?.removeValue(forKey: number) != nil else { return }
            state.count -= 1
            if state.waiting[ticket]?.isEmpty == true { state.waiting[ticket] = nil }
        }
    }

    /// One request's place.
    struct Place: Sendable {
        fileprivate let table: ClassifiedWaiters
        fileprivate let ticket: TicketID
        fileprivate let number: UInt64
        fileprivate let waiter: OneShot<Void>

        /// Returns when the ticket is classified, the time is over or the table closes, and leaves.
        func wait(_ limit: Duration) async {
            let alarm = Task { [waiter] in
                try? await Task.sleep(for: limit)
                waiter.fulfil(())
            }
            await waiter.value()
            alarm.cancel()
            leave()
        }

        func leave() { table.remove(ticket, number) }
    }
}
