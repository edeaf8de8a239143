/// How a transaction begins.
public struct TransactionOptions: Sendable, Hashable {
    public enum Isolation: String, Sendable {
        case readCommitted = "READ COMMITTED"
        case repeatableRead = "REPEATABLE READ"
        case serializable = "SERIALIZABLE"
    }

    public var isolation: Isolation
    public var isReadOnly: Bool
    /// Whether COMMIT may return before the log is on disk. Only for work whose loss does no harm.
    public var commitsAsynchronously: Bool

    public init(isolation: Isolation = .readCommitted, isReadOnly: Bool = false, commitsAsynchronously: Bool = false) {
        self.isolation = isolation
        self.isReadOnly = isReadOnly
        self.commitsAsynchronously = commitsAsynchronously
    }

    public static let readCommitted = TransactionOptions()
    public static let repeatableRead = TransactionOptions(isolation: .repeatableRead)
    public static let serializable = TransactionOptions(isolation: .serializable)
    /// One snapshot for several reads.
    public static let snapshot = TransactionOptions(isolation: .repeatableRead, isReadOnly: true)

    /// One round trip, whatever the options.
    var begin: String {
        var text = "BEGIN ISOLATION LEVEL \(isolation.rawValue)\(isReadOnly ? " READ ONLY" : "")"
        if commitsAsynchronously { text += "; SET LOCAL synchronous_commit = off" }
        return text
    }
}
