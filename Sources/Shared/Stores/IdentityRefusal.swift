import Postgres

/// Why an act on accounts, roles or keys was not done. Nothing was changed.
public enum IdentityRefusal: Error, Sendable, Hashable {
    /// There is no account, session, role or key of this name.
    case notFound
    case loginTaken
    case requesterTaken
    case roleTaken
    case unknownRole(String)
    /// Somebody has the role, or a key does.
    case roleInUse
    /// The built-in roles stay, and `admin` keeps every permission.
    case builtInRole
    case lastAdministrator
    /// The one-time token is unknown, used or expired: the three are told alike.
    case tokenRefused
    /// The account is at another version than the one that was meant.
    case stale(version: Int)
}

extension ConnectionPool {
    /// A transaction whose body may refuse: what it threw comes out as it was thrown, failures of the database as the pool reports them.
    func deciding<T: Sendable>(_ body: @Sendable (Connection) throws -> T) async throws -> T {
        do {
            return try await transaction(.readCommitted, body)
        } catch let error as TransactionError {
            if let refusal = error.primary.uniqueRefusal { throw refusal }
            guard let reason = error.body, reason.isDecision else { throw error }
            throw reason
        }
    }
}

extension Error {
    fileprivate var isDecision: Bool { !(self is PostgresError || self is PoolError || self is CancellationError) }

    fileprivate var uniqueRefusal: IdentityRefusal? {
        switch (self as? PostgresError)?.constraint {
        case "accounts_login_key_key": .loginTaken
        case "accounts_requester_id_key": .requesterTaken
        case "roles_pkey": .roleTaken
        default: nil
        }
    }
}
