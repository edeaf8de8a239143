public import Foundation

/// The help desk's numbers of a period of whole days (UTC).
public struct Report: Sendable, Hashable, Codable {
    /// Seconds.
    public struct Latency: Sendable, Hashable, Codable {
        public var count: Int
        public var average: Double
        public var p50: Double
        public var p95: Double

        public init(count: Int, average: Double, p50: Double, p95: Double) {
            self.count = count
            self.average = average
            self.p50 = p50
            self.p95 = p95
        }
    }

    /// What became of the clocks of one target.
    public struct Target: Sendable, Hashable, Codable {
        public var target: String
        /// Clocks that were due in the period.
        public var due: Int
        /// Those of them that ran out.
        public var breached: Int
        /// Warnings and breaches that happened in the period.
        public var warnings: Int
        public var breaches: Int

        public init(target: String, due: Int, breached: Int, warnings: Int, breaches: Int) {
            self.target = target
            self.due = due
            self.breached = breached
            self.warnings = warnings
            self.breaches = breaches
        }
    }

    public struct Model: Sendable, Hashable, Codable {
        public var model: String
        public var calls: Int
        public var tokensIn: Double
        public var tokensOut: Double
        /// In the currency of the configured prices.
        public var cost: Double
        /// Of successful calls; nil without one.
        public var seconds: Latency?

        public init(model: String, calls: Int, tokensIn: Double, tokensOut: Double, cost: Double, seconds: Latency?) {
            self.model = model
            self.calls = calls
            self.tokensIn = tokensIn
            self.tokensOut = tokensOut
            self.cost = cost
            self.seconds = seconds
        }
    }

    public struct Breakdown: Sendable, Hashable, Codable {
        public struct Row: Sendable, Hashable, Codable {
            public var value: String
            public var tickets: Int
            public var answered: Int
            public var escalations: Int

            public init(value: String, tickets: Int, answered: Int, escalations: Int) {
                self.value = value
                self.tickets = tickets
                self.answered = answered
                self.escalations = escalations
            }
        }

        public var by: ReportQueries.Dimension
        public var rows: [Row]

        public init(by: ReportQueries.Dimension, rows: [Row]) {
            self.by = by
            self.rows = rows
        }
    }

    public var from: Date
    /// Not part of the period.
    public var until: Date
    public var timeZone = "UTC"
    public var tickets = 0
    /// By author's kind.
    public var messages: [String: Int] = [:]
    /// By stage.
    public var classifications: [String: Int] = [:]
    /// By kind.
    public var guardrailHits: [String: Int] = [:]
    /// By outcome.
    public var answers: [String: Int] = [:]
    /// By responder: `any` and `human`.
    public var firstResponse: [String: Latency] = [:]
    /// By rule; one ticket may have several.
    public var escalations: [String: Int] = [:]
    /// Tickets submitted in the period that were escalated at least once.
    public var escalatedTickets = 0
    /// By rule.
    public var incidents: [String: Int] = [:]
    public var reopenings = 0
    public var sla: [Target] = []
    public var models: [Model] = []
    public var breakdown: Breakdown?

    public init(from: Date, until: Date) {
        self.from = from
        self.until = until
    }
}
