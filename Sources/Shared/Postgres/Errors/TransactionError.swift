/// Why a transaction did not commit, with each stage's failure kept apart.
///
/// `ConnectionPool.transaction` throws this for every failure but three: a cancelled task gives `CancellationError`,
/// a pool that has no connection to give `PoolError`, and a server that cannot be reached `PostgresError`.
public struct TransactionError: Error, Sendable {
    public var begin: (any Error)?
    /// What the body threw, unchanged.
    public var body: (any Error)?
    /// Why the roll-back failed. The connection was closed then, which rolls back too.
    public var rollback: (any Error)?
    public var commit: (any Error)?
    /// The connection failed while COMMIT was on its way: the transaction may have been committed or not.
    public var commitOutcomeUnknown: Bool

    public init(
        begin: (any Error)? = nil, body: (any Error)? = nil, rollback: (any Error)? = nil,
        commit: (any Error)? = nil, commitOutcomeUnknown: Bool = false
    ) {
        self.begin = begin
        self.body = body
        self.rollback = rollback
        self.commit = commit
        self.commitOutcomeUnknown = commitOutcomeUnknown
    }

    /// The failure that decided: the body's, else COMMIT's, else BEGIN's.
    public var primary: any Error {
        body ?? commit ?? begin ?? rollback ?? PostgresError(kind: .connection, message: "the transaction ended without a reason")
    }

    /// Whether running the transaction again may succeed; see `PostgresError.isTransient`.
    public var isTransient: Bool {
        commitOutcomeUnknown || primary.postgresError?.isTransient == true
    }
}

extension TransactionError: CustomStringConvertible {
    public var description: String {
        var parts: [String] = []
        for (stage, error) in [("begin", begin), ("body", body), ("rollback", rollback), ("commit", commit)] {
            if let error { parts.append("\(stage): \(error)") }
        }
        if commitOutcomeUnknown { parts.append("whether it was committed is unknown") }
        return "transaction failed (\(parts.joined(separator: "; ")))"
    }
}
