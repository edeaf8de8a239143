public import Domain
public import Foundation

/// How long each may take, by severity, and when its clock runs.
public struct SLATargets: Sendable, Hashable {
    /// The promise for one severity.
    public struct Promise: Sendable, Hashable {
        /// Seconds of the calendar's working time.
        public var firstResponse: TimeInterval
        public var resolution: TimeInterval
        public var calendar: SLACalendar

        public init(firstResponse: TimeInterval, resolution: TimeInterval, calendar: SLACalendar) {
            self.firstResponse = firstResponse
            self.resolution = resolution
            self.calendar = calendar
        }

        /// The seconds of a target.
        public func allowance(_ target: SLATarget) -> TimeInterval {
            switch target {
            case .firstResponse: firstResponse
            case .resolution: resolution
            }
        }
    }

    public var low: Promise
    public var medium: Promise
    public var high: Promise
    public var critical: Promise
    /// The share of a target's time after which it warns, more than 0 and less than 1.
    public var warnAt: Double
    /// The states in which clocks stop.
    public var pausesIn: Set<TicketState>

    public init(
        low: Promise, medium: Promise, high: Promise, critical: Promise, warnAt: Double = 0.75,
        pausesIn: Set<TicketState> = [.waitingRequester]
    ) {
        self.low = low
        self.medium = medium
        self.high = high
        self.critical = critical
        self.warnAt = warnAt
        self.pausesIn = pausesIn
    }

    /// The defaults of the tiering, escalation and SLA policy: low and medium in business hours, high and critical around the clock.
    public static func standard(businessHours: SLACalendar) -> SLATargets {
        SLATargets(
            low: Promise(firstResponse: 8 * 3600, resolution: 72 * 3600, calendar: businessHours),
            medium: Promise(firstResponse: 4 * 3600, resolution: 24 * 3600, calendar: businessHours),
            high: Promise(firstResponse: 3600, resolution: 8 * 3600, calendar: .always),
            critical: Promise(firstResponse: 15 * 60, resolution: 4 * 3600, calendar: .always))
    }

    public subscript(severity: Severity) -> Promise {
        switch severity {
        case .low: low
        case .medium: medium
        case .high: high
        case .critical: critical
        }
    }
}
