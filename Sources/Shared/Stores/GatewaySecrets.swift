public import Foundation
public import Postgres

/// Secrets that all gateways share. The first that needs one makes it; it survives them all.
public struct GatewaySecrets: Sendable {
    private let pool: ConnectionPool

    public init(_ pool: ConnectionPool) {
        self.pool = pool
    }

    /// The secret of that name.
    /// - Parameter new: what it is from now on when there is none.
    public func secret(_ name: String, orElse new: [UInt8]) async throws -> [UInt8] {
        try await pool.withConnection { connection in
            try connection.pipeline([
                "INSERT INTO helpdesk.gateway_secrets (name, secret) VALUES (\(name), \(new)) ON CONFLICT DO NOTHING",
                "SELECT secret FROM helpdesk.gateway_secrets WHERE name = \(name)"
            ])[1].scalar([UInt8].self)
        }
    }

    /// Forgets keyed requests of before `instant`, and so allows their keys again.
    /// - Parameter limit: rows at most.
    /// - Returns: how many were forgotten.
    public func pruneRequestKeys(before instant: Date, limit: Int = 5000) async throws -> Int {
        try await pool.execute(
            """
            DELETE FROM helpdesk.request_keys WHERE ctid = ANY(ARRAY(
                SELECT ctid FROM helpdesk.request_keys WHERE created_at < \(instant) LIMIT \(limit) FOR UPDATE SKIP LOCKED))
            """)
    }
}
