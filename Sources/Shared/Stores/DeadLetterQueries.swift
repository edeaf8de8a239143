public import Foundation
public import Postgres
import WorkerRuntime

/// A dead letter as the inbox knows it. Its bytes are in the dead-letter topic.
public struct DeadLetterRow: Sendable {
    public let id: UUID
    /// `dead`, or `replaying` once an operator sent it back.
    public let outcome: String
    /// The reason's code, a colon, and what was expected and found.
    public let detail: String
    public let attempts: Int
    /// `topic[partition]@offset` of the original record; nil for a reply that was given up.
    public let origin: String?
    public let receivedAt: Date
}

/// What operators do with dead letters.
public struct DeadLetterQueries: Sendable {
    let pool: ConnectionPool
    let consumer: String

    public init(_ pool: ConnectionPool, consumer: String) {
        self.pool = pool
        self.consumer = consumer
    }

    static let discarded = "discarded: "

    /// Newest first; discarded ones only on request.
    public func list(limit: Int, includingDiscarded: Bool) async throws -> [DeadLetterRow] {
        try await pool.query(
            """
            SELECT event_id, outcome, coalesce(detail, ''), attempts, origin, received_at FROM helpdesk.inbox
            WHERE consumer = \(consumer) AND outcome IN ('dead', 'replaying')
            AND (\(includingDiscarded) OR NOT starts_with(coalesce(detail, ''), \(Self.discarded)))
            ORDER BY received_at DESC, event_id LIMIT \(limit)
            """
        ).map { row in
            DeadLetterRow(
                id: try row.decode(at: 0), outcome: try row.decode(at: 1), detail: try row.decode(at: 2),
                attempts: Int(try row.decode(Int16.self, at: 3)), origin: try row.decode(at: 4), receivedAt: try row.decode(at: 5))
        }
    }

    /// Opens the way back for one dead letter: the next delivery that names it is let in, once.
    /// - Returns: false when there is no such dead letter.
    public func beginReplay(_ id: UUID) async throws -> Bool {
        try await pool.execute(
            """
            UPDATE helpdesk.inbox SET outcome = 'replaying', attempts = 0
            WHERE consumer = \(consumer) AND event_id = \(id) AND outcome IN ('dead', 'replaying')
            """) == 1
    }

    /// Notes that nobody wants it any more. The mark stays, so that a redelivery stays a duplicate.
    /// - Returns: false when there is no such dead letter.
    public func discard(_ id: UUID) async throws -> Bool {
        try await pool.execute(
            """
            UPDATE helpdesk.inbox SET detail = \(Self.discarded) || coalesce(detail, ''), outcome = 'dead'
            WHERE consumer = \(consumer) AND event_id = \(id) AND outcome IN ('dead', 'replaying')
            AND NOT starts_with(coalesce(detail, ''), \(Self.discarded))
            """) == 1
    }
}
