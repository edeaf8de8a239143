import Foundation

/// Everything the verdict rests on, gathered from three places that know nothing of each other: the feed's own log, the database, the topics.
struct Evidence: Sendable {
    struct StoredTicket: Sendable, Hashable {
        var version: Int
        var revision: Int
        var messageCount: Int
        var source: String
        /// The session word found in its text.
        var session: String?
    }

    struct StoredMessage: Sendable, Hashable {
        var id: UUID
        var ticket: UUID
        var session: String?
    }

    struct HistoryRow: Sendable, Hashable {
        var ticket: UUID
        var version: Int
        var kind: String
        var cause: UUID
        /// `topic[partition]@offset`.
        var origin: String
    }

    struct DeadLetterRow: Sendable, Hashable {
        /// `ce_source` and `ce_id` of the original; nil for a record that had none.
        var source: String?
        var id: String?
        var reason: String
        /// The inbox row that it claims.
        var inboxID: UUID?
        /// The session word found in the original bytes.
        var session: String?
    }

    struct Change: Sendable, Hashable {
        var id: String
        var type: String
        var ticket: UUID?
        var revision: Int?
        var message: UUID?
    }

    /// When the oldest run in the log began, in seconds since 1970; tickets stored earlier are not looked at.
    var since = 0.0
    var attempted: Set<FeedEntry> = []
    var acknowledged: Set<FeedEntry> = []
    var tickets: [UUID: StoredTicket] = [:]
    var messages: [StoredMessage] = []
    var history: [HistoryRow] = []
    /// Revisions stored for each ticket.
    var revisions: [UUID: [Int]] = [:]
    /// What the inbox holds: outcome by event id. A reply that was parked when it came is `parked`, whatever became of it later.
    var inbox: [UUID: String] = [:]
    var outbox = 0
    /// Ticket of each parked reply, by event id.
    var parked: [UUID: UUID] = [:]
    var crashAttempts = 0
    var deadLetters: [DeadLetterRow] = []
    var changes: [Change] = []
    /// Records at the head of the dead-letter and change topics that the broker has dropped already.
    var forgottenDeadLetters: Int64 = 0
    var forgottenChanges: Int64 = 0
    /// Unread records by partition of the tickets topic, those with any.
    var lag: [String: Int64] = [:]
}
