import Logging
import Identity
import Observability
import ServiceLifecycle
import Stores
import Synchronization

/// Whether the database answered when it was last asked.
final class DatabaseState: Sendable {
    private let reachable = Mutex(true)

    var isReachable: Bool { reachable.withLock { $0 } }

    /// Answers whether that is news.
    func set(_ isReachable: Bool) -> Bool {
        reachable.withLock { known in
            defer { known = isReachable }
            return known != isReachable
        }
    }
}

/// Asks about the remembered keys and sessions at short intervals: revoked ones end, changed permissions begin, and the answer tells whether the database is there.
struct KeyRefresher: Service, CustomStringConvertible {
    let authenticator: Authenticator
    let sessions: Sessions
    let database: DatabaseState
    let interval: Duration
    let logger: Logger

    var description: String { "key refresher" }

    func run() async throws {
        await cancelWhenGracefulShutdown { await refreshUntilCancelled() }
    }

    private func refreshUntilCancelled() async {
        var pruned = ContinuousClock.now
        while !Task.isCancelled {
            let started = ContinuousClock.now
            // A question without an answer in time counts as none; the pool's own time-outs end it.
            let isReachable = await within(.seconds(5)) { (try? await authenticator.refresh()) != nil } ?? false
            if Task.isCancelled { return }
            if database.set(isReachable) {
                if isReachable {
                    logger.notice("the database answers again", [.component: "database"])
                } else {
                    logger.warning("the database does not answer; submissions go on with the keys known", [.component: "database"])
                }
            }
            if isReachable, ContinuousClock.now - pruned > .seconds(600) {
                // Several gateways may do this at once: rows that another holds are passed over.
                try? await sessions.prune()
                pruned = .now
            }
            // From beginning to beginning: what a round takes does not make the next one later.
            try? await Task.sleep(until: started + interval, clock: .continuous)
        }
    }
}
