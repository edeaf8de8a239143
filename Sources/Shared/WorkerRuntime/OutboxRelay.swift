import Foundation
public import Logging
public import Messaging
public import ServiceLifecycle

/// Publishes what its committer did not: rows that are still in the outbox after a while, whoever wrote them. Every process runs one, and the one
/// that holds the lease works.
public struct OutboxRelay<Store: OutboxStore>: Service {
    private let store: Store
    private let sink: any RecordSink
    private let age: Duration
    private let clock: any RuntimeClock
    private let logger: Logger

    /// - Parameter age: how long a committer may take before the relay takes over.
    public init(store: Store, sink: any RecordSink, age: Duration = .seconds(10), clock: any RuntimeClock = SystemClock(), logger: Logger) {
        self.store = store
        self.sink = sink
        self.age = age
        self.clock = clock
        self.logger = logger
    }

    public func run() async throws {
        await cancelWhenGracefulShutdown { await relayUntilCancelled() }
    }

    public func relayUntilCancelled() async {
        while !Task.isCancelled {
            do {
                if let lease = try await store.acquireRelayLease() {
                    logger.info("relaying stale outbox rows from here")
                    await relay(under: lease)
                    await lease.release()
                }
            } catch {
                logger.info("no relay lease", metadata: ["error": "\(error)"])
            }
            await clock.sleep(for: .seconds(5))
        }
    }

    private func relay(under lease: any RelayLease) async {
        do {
            while !Task.isCancelled {
                // Before each round, so that a lease lost is noticed before anything is sent under it.
                try await lease.renew()
                let rows = try await store.staleOutbox(olderThan: age, limit: 500)
                var published = 0
                if !rows.isEmpty {
                    logger.notice("relaying", metadata: ["rows": "\(rows.count)"])
                    published = await OutboxPublisher<Store>.publish(rows, to: sink, store: store, logger: logger)
                }
                // At once only while there is more and the log takes it.
                if published < 500 { await clock.sleep(for: .seconds(1)) }
            }
        } catch {
            logger.warning("relay lease lost", metadata: ["error": "\(error)"])
        }
    }
}
