import Foundation
public import Logging
public import Messaging
public import ServiceLifecycle

/// Publishes what its committer did not: rows that are still in the outbox after a while, whoever wrote them. Every process runs one, and the one
/// that holds the lease works.
///
/// It goes through them in the order in which they were stored, in pages that are bounded in rows and bytes. A row that is refused for a reason of its
/// own is left behind and comes up again in the next pass, so that nobody waits for it.
public struct OutboxRelay<Store: OutboxStore>: Service {
    /// Most rows of a page, and the bytes that end one.
    private static var pageRows: Int { 500 }
    private static var pageBytes: Int { 4 << 20 }
    /// How long what was refused rests.
    private static var rest: Duration { .seconds(60) }

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
        var position: Int64 = 0
        var passBegan = clock.now()
        do {
            while !Task.isCancelled {
                // Before each round, so that a lease lost is noticed before anything is sent under it.
                try await lease.renew()
                if clock.now() - passBegan >= Self.rest {
                    position = 0
                    passBegan = clock.now()
                }
                let page = try await store.staleOutbox(olderThan: age, after: position, limit: Self.pageRows, bytes: Self.pageBytes)
                var isThere = true
                if !page.rows.isEmpty {
                    logger.notice("relaying", metadata: ["rows": "\(page.rows.count)"])
                    isThere = await OutboxPublisher<Store>.publish(page.rows, to: sink, store: store, logger: logger)
                    if isThere { position = page.end }
                }
                // At once only while there is more and the log takes it.
                if page.rows.isEmpty || !isThere { await clock.sleep(for: .seconds(1)) }
            }
        } catch {
            logger.warning("relay lease lost", metadata: ["error": "\(error)"])
        }
    }
}
