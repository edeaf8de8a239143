import Foundation
import Synchronization

/// What recent idempotency keys stood for. Bounded: two generations, of which the older is forgotten when the younger is full.
final class IdempotencyCache: Sendable {
    enum Verdict: Equatable {
        case new
        /// The same body was sent under this key before; `isAcknowledged` tells whether the log took it.
        case same(isAcknowledged: Bool)
        case otherBody
    }

    private struct Entry {
        let payloadHash: [UInt8]
        var isAcknowledged = false
    }

    private struct State {
        var young: [UUID: Entry] = [:]
        var old: [UUID: Entry] = [:]
    }

    private let generation: Int
    private let state = Mutex(State())

    /// - Parameter capacity: events remembered at most.
    init(capacity: Int) {
        generation = max(1, capacity / 2)
    }

    /// Looks up an event, and remembers it when it is new. From then on its body is fixed, whatever becomes of the attempt: it may be in the log.
    func note(_ event: UUID, payloadHash: [UInt8]) -> Verdict {
        state.withLock { state in
            if let entry = state.young[event] ?? state.old[event] {
                return entry.payloadHash == payloadHash ? .same(isAcknowledged: entry.isAcknowledged) : .otherBody
            }
            Self.insert(Entry(payloadHash: payloadHash), for: event, limit: generation, &state)
            return .new
        }
    }

    /// The log took it.
    func acknowledge(_ event: UUID) {
        state.withLock { state in
            guard var entry = state.young[event] ?? state.old[event] else { return }
            entry.isAcknowledged = true
            Self.insert(entry, for: event, limit: generation, &state)
        }
    }

    /// The body turned out to be another than the one that is in force.
    func forget(_ event: UUID) {
        state.withLock { state in
            state.young[event] = nil
            state.old[event] = nil
        }
    }

    var count: Int { state.withLock { state in state.young.count + state.old.keys.count { state.young[$0] == nil } } }

    private static func insert(_ entry: Entry, for event: UUID, limit: Int, _ state: inout State) {
        if state.young.count >= limit, state.young[event] == nil {
            state.old = state.young
            state.young = [:]
        }
        state.young[event] = entry
    }
}
