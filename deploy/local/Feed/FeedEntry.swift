import Foundation

/// One event of a feed, as the log of acknowledged events keeps it.
struct FeedEntry: Codable, Sendable, Hashable {
    enum Kind: String, Codable, Sendable {
        case ticket, reply
    }

    enum Way: String, Codable, Sendable {
        /// Straight to the topic, as an upstream system.
        case topic
        /// `POST /v1/tickets`.
        case gateway
    }

    var kind: Kind
    var way: Way
    /// `ce_source`; on the gateway's way the gateway's own.
    var source: String
    /// `ce_id`; on the gateway's way the Idempotency-Key.
    var id: String
    /// Unknown for a POST that was not answered.
    var ticket: UUID?
    /// A word in the text that no other event has, by which its text is recognised wherever it ended up.
    var session: String
    var poison: PoisonKind?
}

/// What happens next in a feed.
enum FeedStep: Sendable {
    case publish(FeedRecord)
    case post(FeedPost)
}
