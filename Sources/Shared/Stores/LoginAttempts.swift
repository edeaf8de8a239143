public import Foundation
public import Postgres

/// Attempts to sign in, counted before each is made, so that a thousand at once are no better than one after another.
public struct LoginAttempts: Sendable {
    /// What attempts are counted by: a login, or an address.
    public struct Subject: Sendable, Hashable {
        /// A hash: what people type is kept nowhere.
        public var hash: [UInt8]
        /// The attempt with which waiting begins: one second, and twice as long with each further one.
        public var threshold: Int
        /// How the audit log names it when a lock-out begins, such as `address:...`; nil: the account that was tried.
        public var name: String?

        public init(hash: [UInt8], threshold: Int, name: String? = nil) {
            self.hash = hash
            self.threshold = threshold
            self.name = name
        }
    }

    /// The longest wait in seconds.
    public static let longestWait = 900

    private let pool: ConnectionPool

    public init(_ pool: ConnectionPool) {
        self.pool = pool
    }

    /// Counts an attempt of all subjects, unless one of them has to wait.
    /// - Returns: seconds to wait, when the attempt may not be made and nothing was counted; nil when it may.
    public func begin(_ subjects: [Subject]) async throws -> Int? {
        let subjects = subjects.sorted { $0.hash.lexicographicallyPrecedes($1.hash) }
        return try await pool.deciding { connection in
            // Absent rows are made first, so that there is something to lock. In order, so that two attempts do not wait in a circle.
            try connection.execute(
                """
                INSERT INTO helpdesk.login_attempts (subject, attempts, last_at, locked_until)
                SELECT s, 0, clock_timestamp(), 'epoch' FROM unnest(\(subjects.map(\.hash))) AS s ON CONFLICT DO NOTHING
                """)
            let waiting =
                try connection.query(
                    """
                    SELECT extract(epoch FROM locked_until - clock_timestamp())::float8 FROM helpdesk.login_attempts
                    WHERE subject = ANY(\(subjects.map(\.hash))) ORDER BY subject FOR UPDATE
                    """
                ).map { try $0.decode(Double.self, at: 0) }.max() ?? 0
            if waiting > 0 { return Int(waiting.rounded(.up)) }
            // A day without an attempt forgets the earlier ones.
            try connection.execute(
                """
                UPDATE helpdesk.login_attempts AS a SET attempts = n.attempts, last_at = clock_timestamp(), told = a.told AND n.attempts >= n.threshold,
                    locked_until = CASE WHEN n.attempts < n.threshold THEN 'epoch'
                        ELSE clock_timestamp() + make_interval(secs => least(\(Self.longestWait)::float8, 2.0 ^ least(n.attempts - n.threshold, 20))) END
                FROM (
                    SELECT s.subject, s.threshold, CASE WHEN o.last_at < clock_timestamp() - interval '1 day' THEN 1 ELSE o.attempts + 1 END AS attempts
                    FROM unnest(\(subjects.map(\.hash)), \(subjects.map { Int32($0.threshold) })) AS s(subject, threshold)
                    JOIN helpdesk.login_attempts AS o ON o.subject = s.subject
                ) AS n WHERE a.subject = n.subject
                """)
            return nil
        }
    }

    /// The attempt was good: those by this login are forgotten, and the address gets its one back.
    public func succeed(login: [UInt8], address: [UInt8]) async throws {
        try await pool.withConnection { connection in
            try connection.execute("DELETE FROM helpdesk.login_attempts WHERE subject = \(login)")
            try connection.execute(
                """
                UPDATE helpdesk.login_attempts SET attempts = greatest(0, attempts - 1), locked_until = 'epoch', told = false WHERE subject = \(address)
                """)
        }
    }

    /// Keeps in the audit log that an attempt failed, and that a lock-out has begun with it: once for each lock-out.
    /// - Parameters:
    ///   - subjects: what the attempt was counted by.
    ///   - account: whose login it was, when it is anyone's.
    public func noteRefused(_ subjects: [Subject], account: UUID?, by origin: Origin) async throws {
        let subjects = subjects.sorted { $0.hash.lexicographicallyPrecedes($1.hash) }
        try await pool.deciding { connection in
            let tried = account.map(Account.reference) ?? "account:unknown"
            // In order, as attempts are counted.
            try connection.execute(
                "SELECT FROM helpdesk.login_attempts WHERE subject = ANY(\(subjects.map(\.hash))) ORDER BY subject FOR UPDATE")
            let begun = try connection.query(
                """
                UPDATE helpdesk.login_attempts AS a SET told = true
                FROM unnest(\(subjects.map(\.hash)), \(subjects.map { Int32($0.threshold) })) AS s(subject, threshold)
                WHERE a.subject = s.subject AND a.attempts >= s.threshold AND NOT a.told RETURNING a.subject
                """
            ).map { try $0.decode([UInt8].self, at: 0) }
            let lockOuts = subjects.filter { begun.contains($0.hash) }.map { subject in
                AuditEntry(.lockedOut, subject.name ?? tried, by: origin, after: ["attempts": .text(String(subject.threshold))])
            }
            try AuditLog.append([AuditEntry(.signInRefused, tried, by: origin)] + lockOuts, connection)
        }
    }
}
