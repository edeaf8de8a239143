public import Foundation

/// What is promised to a requester.
public enum SLATarget: String, Codable, Sendable, CaseIterable {
    /// Submitted, to the first reply by the AI or an agent that the requester can see.
    case firstResponse = "first_response"
    /// Submitted, to the last move to `resolved`.
    case resolution
}

/// One promise to one requester: how it stands. Its key is (ticket, target, cycle).
public struct SLAClock: Codable, Sendable, Hashable {
    public enum Status: String, Codable, Sendable, CaseIterable {
        case running
        /// The ticket waits for its requester.
        case paused
        /// What was promised was done.
        case satisfied
        /// The ticket ended, or was resolved, without it: merged, cancelled.
        case stopped
    }

    public var target: SLATarget
    /// 1, and one more with every reopening.
    public var cycle: Int
    public var startedAt: Date
    /// The severity that it was measured by last.
    public var severity: Severity
    public var status: Status
    /// When it was satisfied or stopped.
    public var endedAt: Date?
    /// Seconds of working time promised.
    public var allowance: TimeInterval
    /// Seconds of working time used, pauses left out.
    public var used: TimeInterval
    /// When the time runs out, or ran out, or would have: by today's severity, from the times of the events. Nil while paused with time left.
    public var dueAt: Date?
    /// When it warns; nil as `dueAt`.
    public var warnAt: Date?
    /// When it warned: once. A later change of severity does not take it back.
    public var warnedAt: Date?
    /// When it was breached: once. A later change of severity does not take it back.
    public var breachedAt: Date?

    public init(
        target: SLATarget, cycle: Int, startedAt: Date, severity: Severity, status: Status, endedAt: Date?, allowance: TimeInterval,
        used: TimeInterval, dueAt: Date?, warnAt: Date?, warnedAt: Date?, breachedAt: Date?
    ) {
        self.target = target
        self.cycle = cycle
        self.startedAt = startedAt
        self.severity = severity
        self.status = status
        self.endedAt = endedAt
        self.allowance = allowance
        self.used = used
        self.dueAt = dueAt
        self.warnAt = warnAt
        self.warnedAt = warnedAt
        self.breachedAt = breachedAt
    }

    /// The next instant at which it warns or is breached; nil when a timer has nothing to do.
    public var nextTimer: Date? {
        guard status == .running, breachedAt == nil else { return nil }
        return warnedAt == nil ? warnAt : dueAt
    }
}
