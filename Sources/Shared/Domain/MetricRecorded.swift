public import Foundation

/// What a decision measured: one event per decision, with everything that it counts.
public struct MetricRecorded: SingleTypePayload, Hashable {
    public static let type = "metric.recorded"

    /// One number. Several of one name may stand in one event when their details differ.
    public struct Measurement: Codable, Sendable, Hashable {
        /// A `Metric`'s raw value; a reader keeps names that it does not know.
        public var name: String
        public var value: Double
        /// What the number is about, from a short list of words: a rule, an outcome, a target, a model. Never an id of a ticket or a person.
        public var detail: String?

        public init(_ metric: Metric, _ value: Double = 1, detail: String? = nil) {
            name = metric.rawValue
            self.value = value
            self.detail = detail
        }
    }

    /// The ticket as the decision left it.
    public struct Dimensions: Codable, Sendable, Hashable {
        public var category: String
        public var tier: Tier
        public var severity: Severity
        public var language: String
        public var persona: Persona
        public var channel: String
    }

    /// Measurements of one event at most.
    public static let largestCount = 64

    public var schemaVersion: Int?
    public var ticketID: TicketID?
    /// When it happened, in microseconds since 1970 by event time: facts and rollups are filed under it.
    public var at: Int64
    public var dimensions: Dimensions
    public var measurements: [Measurement]

    public init(_ ticket: Ticket, at: Date, _ measurements: [Measurement]) {
        schemaVersion = 1
        ticketID = ticket.id
        self.at = Int64((at.timeIntervalSince1970 * 1_000_000).rounded())
        dimensions = Dimensions(
            category: ticket.category.value, tier: ticket.tier.value, severity: ticket.severity.value, language: ticket.language,
            persona: ticket.persona, channel: ticket.channel)
        self.measurements = measurements
    }

    enum CodingKeys: String, CodingKey {
        case schemaVersion, ticketID = "ticketId", at, dimensions, measurements
    }

    public func validate() throws {
        guard (0...253_402_300_799_000_000).contains(at) else {
            throw InvalidField("at", expected: "microseconds since 1970, before the year 10000", found: "\(at)")
        }
        guard (1...Self.largestCount).contains(measurements.count) else {
            throw InvalidField("measurements", expected: "1 to \(Self.largestCount) of them", found: "\(measurements.count)")
        }
        for (index, measurement) in measurements.enumerated() {
            let isWord = measurement.name.utf8.allSatisfy { (97...122).contains($0) || (48...57).contains($0) || $0 == 95 }
            guard isWord, (1...60).contains(measurement.name.utf8.count) else {
                throw InvalidField("measurements.\(index).name", expected: "1 to 60 of a-z, 0-9 and _", found: "another text")
            }
            // Far from where sums of sums would end in infinity.
            guard measurement.value.magnitude <= 1e15 else {
                throw InvalidField("measurements.\(index).value", expected: "a number from -1e15 to 1e15", found: "another one")
            }
            try Limits.check(measurement.detail, "measurements.\(index).detail", limit: Limits.short)
        }
        try Limits.check(dimensions.category, "dimensions.category", limit: Limits.short)
        try Limits.check(dimensions.language, "dimensions.language", limit: Limits.short)
        try Limits.check(dimensions.channel, "dimensions.channel", limit: Limits.short)
    }
}

/// What is measured. The raw values are a contract with dashboards.
public enum Metric: String, Sendable, CaseIterable {
    /// 1 for each ticket that was stored. Detail: none.
    case ticketsSubmitted = "tickets_submitted"
    /// 1 for each stored message. Detail: the author's kind.
    case messagesStored = "messages_stored"
    /// 1 for each classification. Detail: the stage.
    case classifications
    /// How many guardrails of a kind one text hit. Detail: the kind.
    case guardrailHits = "guardrail_hits"
    /// 1 for each attempt to answer. Detail: the outcome.
    case answers
    /// Seconds from submission to the first reply that the requester can see. Detail: `any` or `human`.
    case firstResponseSeconds = "first_response_seconds"
    /// 1 for each ticket that went back to open. Detail: none.
    case reopenings
    /// 1 for each escalation. Detail: the rule.
    case escalations
    /// 1 for each target that warned. Detail: the target.
    case slaWarnings = "sla_warnings"
    /// 1 for each target that was breached. Detail: the target.
    case slaBreaches = "sla_breaches"
    /// 1 for each incident that was opened. Detail: the rule.
    case incidents
    /// 1 for each call of a language model that came to an end. Detail: the model.
    case modelCalls = "model_calls"
    /// Tokens sent. Detail: the model.
    case modelTokensIn = "model_tokens_in"
    /// Tokens received. Detail: the model.
    case modelTokensOut = "model_tokens_out"
    /// Money, in the currency of the configured prices. Detail: the model.
    case modelCost = "model_cost"
    /// Seconds of a successful call. Detail: the model.
    case modelSeconds = "model_seconds"
    /// 1 for each look of the language model that was kept as a suggestion instead of being applied or shown. Detail: the model.
    case suggestions
}
