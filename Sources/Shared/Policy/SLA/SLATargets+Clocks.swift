public import Domain
public import Foundation

extension SLATargets {
    /// Every clock of a ticket, by cycle and target. A pure function of the history: computed again from the start each time, so a change of
    /// severity or a late event needs no bookkeeping.
    ///
    /// - Parameters:
    ///   - history: in the order in which it was stored. An event that claims an earlier time than the one stored before it is taken to have
    ///     happened together with that one: the stored order is what decided the ticket's state.
    ///   - now: the instant to look at. An event that claims a later one, from a machine whose clock is ahead, is taken to happen now: nothing runs out
    ///     before its time.
    public func clocks(of history: [SLAEvent], at now: Date) -> [SLAClock] {
        guard let first = history.first else { return [] }
        var reader = SLAHistoryReader(targets: self, from: first.at, to: now)
        for event in history { reader.read(event) }
        return reader.finish()
    }

    /// The next instant at which one of these clocks warns or is breached.
    public static func nextTimer(of clocks: [SLAClock]) -> Date? { clocks.compactMap(\.nextTimer).min() }
}

/// Reads a history, event by event.
private struct SLAHistoryReader {
    private let targets: SLATargets
    private var tracks: [SLATrack] = []
    private var state = TicketState.new
    private var severity = Severity.medium
    private var cycle = 0
    private var hasResponse = false
    private var last: Date
    private let now: Date

    init(targets: SLATargets, from start: Date, to now: Date) {
        self.targets = targets
        self.now = now
        last = min(start, now)
    }

    mutating func read(_ event: SLAEvent) {
        let at = max(min(event.at, now), last)
        pass(to: at, isLast: false)
        switch event.kind {
        case .submitted(let severity):
            // A second submission of the same ticket starts nothing anew.
            guard cycle == 0 else { return }
            self.severity = severity
            start(at: at)
        case .severity(let severity):
            self.severity = severity
            each { $0.change(to: severity) }
        case .responded:
            hasResponse = true
            each { if $0.target == .firstResponse { $0.end(.satisfied, at: at) } }
        case .state(let next):
            move(to: next, at: at)
        }
    }

    private mutating func move(to next: TicketState, at: Date) {
        let previous = state
        state = next
        switch next {
        case .resolved, .closed:
            each { $0.end($0.target == .resolution ? .satisfied : .stopped, at: at) }
        case .merged, .cancelled:
            each { $0.end(.stopped, at: at) }
        case .new, .triaged, .inProgress, .waitingRequester, .onHold:
            if !previous.isOpen, cycle > 0 { return start(at: at) }
            let pauses = targets.pausesIn.contains(next)
            each { if pauses { $0.pause(at: at) } else { $0.resume(at: at) } }
        }
    }

    /// A new cycle. The first response is promised until somebody gives it; the resolution every time.
    private mutating func start(at: Date) {
        cycle += 1
        let isPaused = targets.pausesIn.contains(state)
        for target in SLATarget.allCases where target == .resolution || !hasResponse {
            tracks.append(SLATrack(target, cycle: cycle, at: at, severity: severity, isPaused: isPaused))
        }
    }

    private mutating func pass(to end: Date, isLast: Bool) {
        let start = last
        let targets = targets
        each { $0.pass(from: start, to: end, isLast: isLast, targets: targets) }
        last = end
    }

    private mutating func each(_ body: (inout SLATrack) -> Void) {
        for index in tracks.indices { body(&tracks[index]) }
    }

    consuming func finish() -> [SLAClock] {
        pass(to: now, isLast: true)
        return tracks.map { $0.clock(at: now, targets: targets) }
    }
}
