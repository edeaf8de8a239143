/// What a feed is made of. Shares are of its tickets, 0 to 1.
struct FeedMixture: Sendable, Hashable {
    /// Events sent a second time, at once or later.
    var duplicates = 0.0
    /// Tickets replaced by records that are no tickets.
    var poison = 0.0
    /// Tickets with a reply; a third of these come before their ticket.
    var replies = 0.2
    /// Tickets that go through the gateway.
    var gateway = 0.1
    /// Tickets that an upstream system sends late: their event times lie in the last hours and days.
    var past = 0.0
    /// Tickets whose requester tries the documented steps twice and says so twice.
    var failures = 0.0
    /// Tickets in a language that is not supported.
    var foreign = 0.0
    /// Tickets that begin a burst: several people report the same thing within minutes.
    var bursts = 0.0
    /// Payloads of 2 MiB at most: a partition of the embedded broker holds 5.
    var largePayloads = 2
}
