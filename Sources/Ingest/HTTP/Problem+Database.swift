import Postgres

extension Problem {
    /// The problem behind a failure of the database, when trying again may help; nil for every other error.
    init?(databaseError error: any Error) {
        let isTransient =
            switch error {
            case let error as PoolError: error.isTransient || error == .closed
            case let error as PostgresError: error.isTransient
            case let error as TransactionError: error.isTransient || error.primary is PoolError
            case is CancellationError: true
            default: false
            }
        guard isTransient else { return nil }
        self = .unavailable(
            .databaseUnavailable, "Tickets cannot be read now; new ones are still accepted. Try again in \(Self.retryAfterSeconds) s.")
    }
}
