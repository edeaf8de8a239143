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
        /// Where the language model's look at it stands.
        var enrichment = "not_requested"
    }

    struct StoredMessage: Sendable, Hashable {
        var id: UUID
        var ticket: UUID
        /// The session word found in its text, if a person wrote it.
        var session: String?
        var author = "requester"
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
        /// Whose reading it died of.
        var consumer = PipelineConsumer.triage
        /// `ce_source` and `ce_id` of the original; nil for a record that had none.
        var source: String?
        var id: String?
        var reason: String
        /// The inbox row that it claims.
        var inboxID: UUID?
        /// The session word found in the original bytes.
        var session: String?
        /// `topic[partition]@offset` of the original.
        var origin: String?
    }

    /// A record that one stage published for the others.
    struct Told: Sendable, Hashable {
        var topic: String
        /// `ce_id`.
        var id: String
        var type: String
        /// Tells one content from another.
        var hash: [UInt8] = []
        var ticket: UUID?
        var revision: Int?
        var message: UUID?
        /// Number of the answer.
        var number: Int?
        /// Rule of an escalation or an incident, target of a clock.
        var about: String?
        var cycle: Int?
    }

    /// A record that lies in a topic and has a reader.
    struct Unread: Sendable, Hashable {
        var consumer: PipelineConsumer
        /// The row that it must have in the reader's inbox.
        var inboxID: UUID
        /// `topic[partition]@offset`.
        var origin: String
    }

    struct AnswerRow: Sendable, Hashable {
        var ticket: UUID
        var number: Int
        var outcome: String
    }

    struct EscalationRow: Sendable, Hashable {
        var ticket: UUID
        var rule: String
        var cycle: Int
        /// The events that told it: one, and one more for each new ground.
        var events: [UUID] = []
    }

    struct ClockRow: Sendable, Hashable {
        var ticket: UUID
        var target: String
        var cycle: Int
        var isWarned: Bool
        var isBreached: Bool
    }

    /// When the oldest run in the log began, in seconds since 1970; what is older is not looked at.
    var since = 0.0
    var attempted: Set<FeedEntry> = []
    var acknowledged: Set<FeedEntry> = []
    var tickets: [UUID: StoredTicket] = [:]
    var messages: [StoredMessage] = []
    var history: [HistoryRow] = []
    /// Revisions stored for each ticket.
    var revisions: [UUID: [Int]] = [:]
    var answers: [AnswerRow] = []
    var escalations: [EscalationRow] = []
    var clocks: [ClockRow] = []
    /// Timers that were due some seconds ago and that nobody has handled, in words.
    var overdueTimers: [String] = []
    /// Differences between the rollups and a recount, in words; nil when they were not compared.
    var miscounts: [String]?
    /// What each inbox holds: outcome by event id. A reply that was parked when it came is `parked`, whatever became of it later.
    var inboxes: [PipelineConsumer: [UUID: String]] = [:]
    var outbox = 0
    /// Ticket of each parked reply, by event id.
    var parked: [UUID: UUID] = [:]
    var deadLetters: [DeadLetterRow] = []
    /// Dead letters that an operator sent back, by their inbox rows.
    var sentBack: Set<UUID> = []
    var told: [Told] = []
    var unread: [Unread] = []
    /// Records at the head of a topic that the broker has dropped already, by topic.
    var dropped: [String: Int64] = [:]
    /// Records not committed as read, by group and partition, those with any.
    var lag: [String: Int64] = [:]
}

extension Evidence {
    /// Whether nothing of this topic has been dropped, so that what is not there never was.
    func isWhole(_ topic: String) -> Bool { dropped[topic, default: 0] == 0 }
}
