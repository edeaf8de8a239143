public import Domain
public import Foundation
public import Postgres

/// How the language model does, as stored by whoever calls it.
public struct ModelHealthReport: Sendable, Hashable {
    /// The model's name.
    public var name: String
    public var isHealthy: Bool
    /// `closed`, `half_open` or `open`.
    public var breaker: String
    /// What is wrong; nil when nothing is.
    public var detail: String?

    public init(name: String, isHealthy: Bool, breaker: String, detail: String?) {
        self.name = name
        self.isHealthy = isHealthy
        self.breaker = breaker
        self.detail = detail
    }
}

/// Stores and reads how the language model does.
public struct ModelHealthQueries: Sendable {
    /// A row that nobody has renewed for so long tells nothing.
    public static let validity: TimeInterval = 30

    private let pool: ConnectionPool

    public init(_ pool: ConnectionPool) {
        self.pool = pool
    }

    public func store(_ report: ModelHealthReport) async throws {
        try await pool.execute(
            """
            INSERT INTO helpdesk.model_health AS h (name, state, breaker, detail, checked_at, changed_at)
            VALUES (\(report.name), \(report.isHealthy ? "healthy" : "unhealthy"), \(report.breaker), \(report.detail as String?), \
            clock_timestamp(), clock_timestamp())
            ON CONFLICT (name) DO UPDATE SET state = excluded.state, breaker = excluded.breaker, detail = excluded.detail,
            checked_at = excluded.checked_at, changed_at = CASE WHEN h.state = excluded.state THEN h.changed_at ELSE excluded.changed_at END
            """)
    }

    public func modelHealth(at now: Date) async throws -> ModelHealth {
        try await pool.withConnection { try Self.read($0, at: now) }
    }

    /// The newest report counts: another model's is older.
    static func read(_ connection: Connection, at now: Date) throws -> ModelHealth {
        let row = try connection.query("SELECT state, checked_at FROM helpdesk.model_health ORDER BY checked_at DESC, name LIMIT 1").first
        guard let row else { return .absent }
        let isFresh = now.timeIntervalSince(try row.decode(Date.self, at: 1)) <= validity
        return isFresh ? try TicketRow.known(row.decode(at: 0)) : .unhealthy
    }
}

extension PostgresTicketTransaction {
    /// How the language model does: `absent` when nobody ever reported, `unhealthy` when the last report says so or is older than 30 s.
    public func modelHealth(at now: Date) throws -> ModelHealth {
        try ModelHealthQueries.read(connection, at: now)
    }
}
