import Domain
import Foundation

/// A clock while the history is read: the stretches in which it ran, and what it has already told.
struct SLATrack {
    let target: SLATarget
    let cycle: Int
    let startedAt: Date
    private(set) var severity: Severity
    private(set) var status: SLAClock.Status
    private var endedAt: Date?
    private var warnedAt: Date?
    private var breachedAt: Date?
    /// Stretches that are over.
    private var ran: [(from: Date, to: Date)] = []
    /// The start of the one that is not.
    private var runningSince: Date?

    init(_ target: SLATarget, cycle: Int, at start: Date, severity: Severity, isPaused: Bool) {
        self.target = target
        self.cycle = cycle
        startedAt = start
        self.severity = severity
        status = isPaused ? .paused : .running
        runningSince = isPaused ? nil : start
    }

    var isOpen: Bool { status == .running || status == .paused }

    /// Notes what happened between `from`, at which the latest event stood, and `to`. What falls on `to` itself counts only at the end of
    /// the history: an event at that very instant is still in time.
    mutating func pass(from: Date, to: Date, isLast: Bool, targets: SLATargets) {
        guard isOpen else { return }
        func happened(_ instant: Date?) -> Date? {
            guard let instant, instant < to || (isLast && instant == to) else { return nil }
            return max(instant, from)
        }
        let allowance = targets[severity].allowance(target)
        if warnedAt == nil { warnedAt = happened(instant(reaching: allowance * targets.warnAt, targets)) }
        if breachedAt == nil { breachedAt = happened(instant(reaching: allowance, targets)) }
    }

    mutating func change(to severity: Severity) {
        if isOpen { self.severity = severity }
    }

    mutating func pause(at instant: Date) {
        guard status == .running, let runningSince else { return }
        ran.append((runningSince, instant))
        self.runningSince = nil
        status = .paused
    }

    mutating func resume(at instant: Date) {
        guard status == .paused else { return }
        runningSince = instant
        status = .running
    }

    mutating func end(_ status: SLAClock.Status, at instant: Date) {
        guard isOpen else { return }
        pause(at: instant)
        self.status = status
        endedAt = instant
    }

    func clock(at now: Date, targets: SLATargets) -> SLAClock {
        let promise = targets[severity]
        let allowance = promise.allowance(target)
        let current = runningSince.map { promise.calendar.workingTime(from: $0, to: now) } ?? 0
        return SLAClock(
            target: target, cycle: cycle, startedAt: startedAt, severity: severity, status: status, endedAt: endedAt,
            allowance: allowance, used: ran.reduce(current) { $0 + promise.calendar.workingTime(from: $1.from, to: $1.to) },
            dueAt: instant(reaching: allowance, targets), warnAt: instant(reaching: allowance * targets.warnAt, targets),
            warnedAt: warnedAt, breachedAt: breachedAt)
    }

    /// When so many seconds of working time have passed, as today's severity counts them. A clock that ended is taken to run on, so that it
    /// still says when it was due. Nil while it is paused and has not got there.
    private func instant(reaching seconds: TimeInterval, _ targets: SLATargets) -> Date? {
        let calendar = targets[severity].calendar
        var remaining = seconds
        for stretch in ran {
            let due = calendar.due(from: stretch.from, workingTime: remaining)
            if due <= stretch.to { return due }
            remaining -= calendar.workingTime(from: stretch.from, to: stretch.to)
        }
        guard let start = runningSince ?? endedAt else { return nil }
        return calendar.due(from: start, workingTime: remaining)
    }
}
