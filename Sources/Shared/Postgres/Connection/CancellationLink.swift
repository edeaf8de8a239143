import CPostgres
import Dispatch
import Synchronization

/// What is needed to ask the server to cancel a connection's statement.
///
/// Sendable because libpq allows `PQcancel` on any thread (libpq manual, "Canceling Queries in Progress"); it is freed
/// with its last reference.
final class CancelKey: @unchecked Sendable {
    private let pointer: OpaquePointer

    init?(of handle: ConnectionHandle) {
        guard let pointer = PQgetCancel(handle.pointer) else { return nil }
        self.pointer = pointer
    }

    deinit {
        PQfreeCancel(pointer)
    }

    /// Asks for it, over a connection of its own, and waits until the server has passed it on.
    func cancel() {
        // A refused request only means that the statement runs to its own end or time-out.
        withUnsafeTemporaryAllocation(of: CChar.self, capacity: 256) { message in
            _ = PQcancel(pointer, message.baseAddress, Int32(message.count))
        }
    }
}

/// Ties a task's cancellation to what runs on a connection for it, and to nothing that runs there before or after.
final class CancellationLink: Sendable {
    private struct State {
        var isRequested = false
        /// The work is over or must not be disturbed any more.
        var isShielded = false
        var key: CancelKey?
    }

    private let state = Mutex(State())

    var isRequested: Bool { state.withLock(\.isRequested) }

    /// Names the connection on which the work begins.
    /// - Throws: `CancellationError` when cancellation came first.
    func attach(_ key: CancelKey?) throws {
        let isLate = state.withLock { state in
            state.key = key
            return state.isRequested
        }
        if isLate { throw CancellationError() }
    }

    /// From here on no request reaches the server. Waits for one that is on its way.
    func shield() {
        state.withLock { state in
            state.isShielded = true
            state.key = nil
        }
    }

    /// Cancels the work. Returns at once; the request to the server is made on another thread.
    func request() {
        state.withLock { $0.isRequested = true }
        Self.queue.async { self.send() }
    }

    private func send() {
        // Under the lock, so that `shield` cannot return while a request is on its way to a connection that then serves somebody else.
        let mayBeLost = state.withLock { state in
            guard !state.isShielded, let key = state.key else { return false }
            key.cancel()
            return true
        }
        // A request that met the pause between two statements is ignored by the server, so it is repeated until the work ends.
        if mayBeLost {
            Self.queue.asyncAfter(deadline: .now() + .milliseconds(50)) { self.send() }
        }
    }

    private static let queue = DispatchQueue(label: "postgres.cancel", attributes: .concurrent)
}
