import Domain
import Foundation
import Policy

/// The clocks of a ticket as its history has them now, held against what was stored: which rows to write and what to tell.
struct ClockBook {
    /// Those whose row changes.
    var changed: [SLAClock] = []
    var warned: [SLAClock] = []
    var breached: [SLAClock] = []
    /// The next instant at which one of them has something to tell.
    var nextTimer: Date?

    /// - Parameters:
    ///   - history: in the order in which it was stored.
    ///   - stored: as the rows are. What they have told stands, and one that has ended is left alone, so that another policy does not breach
    ///     what is long over.
    init(_ history: [SLAEvent], stored: [SLAClock], targets: SLATargets, at now: Date) {
        var timers: [SLAClock] = []
        for computed in targets.clocks(of: history, at: now).map(\.inMicroseconds) {
            let old = stored.first { $0.target == computed.target && $0.cycle == computed.cycle }
            if let old, old.endedAt != nil { continue }
            var clock = computed
            clock.warnedAt = old?.warnedAt ?? clock.warnedAt
            clock.breachedAt = old?.breachedAt ?? clock.breachedAt
            if clock.warnedAt != nil, old?.warnedAt == nil { warned.append(clock) }
            if clock.breachedAt != nil, old?.breachedAt == nil { breached.append(clock) }
            if old?.says(clock) != true { changed.append(clock) }
            timers.append(clock)
        }
        nextTimer = SLATargets.nextTimer(of: timers)
    }
}

extension SLAClock {
    fileprivate var inMicroseconds: SLAClock {
        var clock = self
        clock.startedAt = startedAt.inMicroseconds
        clock.endedAt = endedAt?.inMicroseconds
        clock.dueAt = dueAt?.inMicroseconds
        clock.warnAt = warnAt?.inMicroseconds
        clock.warnedAt = warnedAt?.inMicroseconds
        clock.breachedAt = breachedAt?.inMicroseconds
        return clock
    }

    /// Equal but for the time used, which grows by itself.
    fileprivate func says(_ other: SLAClock) -> Bool {
        var a = self.inMicroseconds, b = other
        a.used = 0
        b.used = 0
        return a == b
    }
}
