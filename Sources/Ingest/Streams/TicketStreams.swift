import Access
import Domain
import Foundation
import Identity
import Logging
import Observability
import ServiceLifecycle
import Stores
import Synchronization

/// All open streams: tells them what changed, looked up in the database for all of them at once, and sees to it that nobody is told who may not be.
final class TicketStreams: Service, CustomStringConvertible {
    struct Settings: Sendable {
        /// Most streams of this gateway, and of one caller.
        var limit = 500
        var perCaller = 10
        /// Most events that wait for one client.
        var buffer = 1000
        var heartbeat: Duration = .seconds(15)
        /// How often the rights of each caller are asked about. With `keys.refresh`, at most 5 s.
        var check: Duration = .seconds(1)
        /// How long changes are gathered before they are looked up together.
        var tick: Duration = .milliseconds(50)
        /// How long a client may take to read the last event of its stream.
        var grace: Duration = .seconds(5)
    }

    /// Changes that wait for the database; with more, streams end and say that something was missed.
    static let longestQueue = 10_000
    /// Changes that are looked up at once.
    static let batch = 200
    /// Without an answer for so long, rights count as unknown.
    static let trust: Duration = .seconds(4)

    private struct State {
        var streams: [UInt64: EventStream] = [:]
        var next: UInt64 = 0
        var queue: [ChangeNotice] = []
        var queued: Set<ChangeNotice> = []
        var isFollowing = false
        var isClosed = false
    }

    let settings: Settings
    let places: Places
    private let lookUp: @Sendable ([ChangePlace]) async throws -> [ChangePlace: StoredChange]
    private let authenticate: @Sendable (String) async throws(AuthenticationError) -> Principal
    private let logger: Logger
    private let overflowed: Counter
    private let state = Mutex(State())
    private let (signals, signal) = AsyncStream<Void>.makeStream(bufferingPolicy: .bufferingNewest(1))

    var description: String { "ticket streams" }

    init(
        _ settings: Settings, metrics: MetricRegistry, logger: Logger,
        lookUp: @escaping @Sendable ([ChangePlace]) async throws -> [ChangePlace: StoredChange],
        authenticate: @escaping @Sendable (String) async throws(AuthenticationError) -> Principal
    ) {
        self.settings = settings
        self.lookUp = lookUp
        self.authenticate = authenticate
        self.logger = logger
        let places = Places(limit: settings.limit, perCaller: settings.perCaller)
        self.places = places
        overflowed = metrics.counter("helpdesk_ingest_streams_overflowed_total", "Streams that ended because their client read too slowly.")
        metrics.callback("helpdesk_ingest_streams", "Open streams of changes.") { Double(places.count) }
    }

    // MARK: Who listens

    /// Whether the changes topic is followed: a stream opened now misses nothing from now on.
    var isFollowing: Bool { state.withLock { $0.isFollowing } }

    /// Lets a stream in; nil when the gateway stops, or does not follow the changes.
    func enter(_ stream: EventStream) -> Entry? {
        let number: UInt64? = state.withLock { state in
            guard state.isFollowing, !state.isClosed else { return nil }
            state.next += 1
            state.streams[state.next] = stream
            return state.next
        }
        return number.map { Entry(self, $0) }
    }

    /// A stream's place among the others, left with the last reference to it.
    final class Entry: Sendable {
        private let streams: TicketStreams
        private let number: UInt64

        fileprivate init(_ streams: TicketStreams, _ number: UInt64) {
            self.streams = streams
            self.number = number
        }

        deinit { streams.state.withLock { $0.streams[number] = nil } }
    }

    /// Ends all streams, and lets nobody in any more.
    func close() {
        endAll(.stopping) { $0.isClosed = true }
    }

    private func endAll(_ ending: EventStream.Ending, _ change: (inout State) -> Void = { _ in }) {
        let streams = state.withLock { state in
            change(&state)
            state.queue = []
            state.queued = []
            return Array(state.streams.values)
        }
        for stream in streams { stream.end(ending) }
    }

    // MARK: What happened

    /// The changes topic is followed from now on, or not any more: then something may have been missed.
    func follow(_ isFollowing: Bool) {
        if isFollowing {
            state.withLock { $0.isFollowing = true }
        } else {
            endAll(.missed) { $0.isFollowing = false }
        }
    }

    /// Whether it is worth while to read what changed.
    var hasListeners: Bool { state.withLock { !$0.streams.isEmpty } }

    /// The log tells of a change. The same one told twice in a row is told once.
    func note(_ notice: ChangeNotice) {
        let isFull = state.withLock { state in
            guard !state.streams.isEmpty, state.queued.insert(notice).inserted else { return false }
            state.queue.append(notice)
            return state.queue.count > Self.longestQueue
        }
        if isFull {
            logger.warning("changes cannot be looked up as fast as they come; streams end", [.component: "streams"])
            endAll(.missed)
        }
        signal.yield()
    }

    /// Tells all streams.
    func tell(_ changes: [ToldChange]) {
        for stream in state.withLock({ Array($0.streams.values) }) where !stream.tell(changes) { overflowed.increment() }
    }

    func run() async throws {
        await cancelWhenGracefulShutdown {
            await withTaskGroup(of: Void.self) { group in
                group.addTask { await self.lookUpUntilCancelled() }
                group.addTask { await self.checkUntilCancelled() }
            }
        }
    }

    private func lookUpUntilCancelled() async {
        for await _ in signals {
            try? await Task.sleep(for: settings.tick)
            while !Task.isCancelled {
                let batch = state.withLock { Array($0.queue.prefix(Self.batch)) }
                guard !batch.isEmpty else { break }
                do {
                    let stored = try await lookUp(Array(Set(batch.map(\.place))))
                    tell(batch.compactMap { notice in stored[notice.place].map { ToldChange(notice, $0) } })
                    state.withLock { state in
                        // The queue may have been emptied meanwhile, and filled anew.
                        let done = Set(batch).intersection(state.queued)
                        state.queued.subtract(done)
                        state.queue.removeAll { done.contains($0) }
                    }
                } catch  where Problem(databaseError: error) == nil {
                    // Trying again would not help, and nobody else shall wait for it.
                    logger.error("changes cannot be looked up for the streams; they end", [.error: "\(error)"])
                    endAll(.missed)
                } catch {
                    // They wait: streams are late, and miss nothing.
                    logger.info("changes cannot be looked up for the streams, trying again", [.error: "\(error)"])
                    try? await Task.sleep(for: .milliseconds(500))
                }
            }
        }
    }

    // MARK: Who may listen

    private func checkUntilCancelled() async {
        while !Task.isCancelled {
            try? await Task.sleep(for: settings.check)
            let streams = state.withLock { Array($0.streams.values) }
            await withTaskGroup(of: Void.self) { group in
                for stream in streams {
                    group.addTask { await self.check(stream) }
                }
            }
        }
    }

    /// Asks who the caller is now, and ends the stream of one who may not listen any more.
    private func check(_ stream: EventStream) async {
        let answer = await within(.seconds(2)) { [authenticate] in
            await Result { () async throws(AuthenticationError) in try await authenticate(stream.bearer) }
        }
        switch answer {
        case .success(let principal) where principal.isConfirmed:
            guard principal.visibleTickets != .nothing else { return stream.end(.credentials) }
            stream.confirm(principal)
        case .failure(.refused):
            return stream.end(.credentials)
        case .success, .failure, nil:
            guard ContinuousClock.now - stream.confirmedAt < Self.trust else { return stream.end(.unconfirmed) }
        }
        stream.beat(after: settings.heartbeat)
    }
}

extension Result where Success: Sendable {
    fileprivate init(_ work: () async throws(Failure) -> Success) async {
        do {
            self = .success(try await work())
        } catch {
            self = .failure(error)
        }
    }
}
