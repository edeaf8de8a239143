/// Why the pool had no connection to give. Nothing was sent to the server.
public enum PoolError: Error, Sendable, Equatable {
    /// All connections are in use and as many callers wait as may.
    case exhausted(connections: Int, waiting: Int)
    /// No connection came free in time.
    case timedOut(after: Duration, connections: Int)
    /// The pool was closed.
    case closed

    /// Whether asking again later may succeed.
    public var isTransient: Bool { self != .closed }
}

extension PoolError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .exhausted(let connections, let waiting):
            "all \(connections) connections are in use and \(waiting) callers wait already; try later, or raise the pool's limits"
        case .timedOut(let after, let connections):
            "none of \(connections) connections came free within \(after); try later, or raise the pool's maximum"
        case .closed:
            "the connection pool is closed; the process is shutting down"
        }
    }
}
