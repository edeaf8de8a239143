import Foundation

/// How a stack stands at one moment.
struct Snapshot: Sendable, Hashable {
    var at = ContinuousClock.now
    /// Unread records of each consumer that runs. Nil when the broker did not answer.
    var lags: [PipelineConsumer: Int64]?
    /// Nil when the database did not answer.
    var counts: Counts?
    var processes: [ProcessRow] = []

    /// Everything told and everything read, but for what waits for the language model, which may be away for hours.
    var isQuiet: Bool { lags?.allSatisfy { $0.key == .enrichment || $0.value == 0 } == true && counts?.outbox == 0 }

    struct Counts: Sendable, Hashable {
        var tickets: Int64 = 0
        /// Messages of requesters and agents.
        var replies: Int64 = 0
        var needsHuman: Int64 = 0
        /// Attempts to answer.
        var answers: Int64 = 0
        /// Those of them that gave the requester an answer.
        var answered: Int64 = 0
        var escalations: Int64 = 0
        var incidents: Int64 = 0
        var warnings: Int64 = 0
        var breaches: Int64 = 0
        /// Tickets that the language model has looked at.
        var enriched: Int64 = 0
        /// Tickets that wait for it.
        var toEnrich: Int64 = 0
        var dead: Int64 = 0
        var parked: Int64 = 0
        var outbox: Int64 = 0
        /// Tickets by language, most frequent first.
        var languages: [String] = []
    }
}
