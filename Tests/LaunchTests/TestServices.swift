import Logging
import ServiceLifecycle
import Synchronization

/// What happened, in order.
final class Events: Sendable {
    private let events = Mutex<[String]>([])
    private let continuation: AsyncStream<String>.Continuation
    private let stream: AsyncStream<String>

    init() {
        (stream, continuation) = AsyncStream.makeStream(of: String.self)
    }

    func add(_ event: String) {
        events.withLock { $0.append(event) }
        continuation.yield(event)
    }

    var all: [String] { events.withLock { $0 } }

    /// Waits until these have happened, in whatever order. One waiter per object.
    func wait(for expected: Set<String>) async {
        var missing = expected
        for await event in stream {
            missing.remove(event)
            if missing.isEmpty { return }
        }
    }
}

/// Runs until its turn to stop.
struct Steady: Service, CustomStringConvertible {
    let description: String
    let events: Events

    func run() async throws {
        events.add("\(description) started")
        try await gracefulShutdown()
        events.add("\(description) stopped")
    }
}

/// Does what its closure does.
struct Custom: Service, CustomStringConvertible {
    var description = "custom"
    let body: @Sendable () async throws -> Void

    func run() async throws { try await body() }
}

/// Ignores every request to stop.
struct Deaf: Service, CustomStringConvertible {
    let description = "deaf"
    var started: @Sendable () -> Void = {}

    func run() async throws {
        started()
        let (stream, continuation) = AsyncStream.makeStream(of: Void.self)
        // A task of its own, so that cancelling ours does not end the wait.
        await Task { for await _ in stream {} }.value
        continuation.finish()
    }
}

let quiet = Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() })
