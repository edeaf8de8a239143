public import Foundation
public import Postgres

/// Reads of what consumers have handled.
public struct InboxQueries: Sendable {
    private let pool: ConnectionPool

    public init(_ pool: ConnectionPool) {
        self.pool = pool
    }

    /// The hash of the payload under which `consumer` handled an event; nil when it did not (yet).
    public func payloadHash(consumer: String, event: UUID) async throws -> [UInt8]? {
        try await pool.query(
            "SELECT payload_hash FROM helpdesk.inbox WHERE consumer = \(consumer) AND event_id = \(event)"
        ).first.map { try $0.decode(at: 0) }
    }
}
