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
    /// Payloads of 2 MiB at most: a partition of the embedded broker holds 5.
    var largePayloads = 2
}
