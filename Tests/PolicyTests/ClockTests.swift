import Domain
import Foundation
import Policy
import Testing

@Suite struct ClockTests {
    static func targets() throws -> SLATargets { try Shipped.policy().targets }

    /// Minutes after Monday, 2 November 2026, 10:00 UTC: business hours until 18:00.
    static func at(_ minutes: Double) -> Date { time("2026-11-02T10:00:00Z").addingTimeInterval(minutes * 60) }

    static func event(_ minutes: Double, _ kind: SLAEvent.Kind) -> SLAEvent { SLAEvent(kind, at: at(minutes)) }

    static func clock(_ target: SLATarget, cycle: Int = 1, _ events: [SLAEvent], at minutes: Double) throws -> SLAClock {
        let clocks = try targets().clocks(of: events, at: at(minutes))
        return try #require(clocks.first { $0.target == target && $0.cycle == cycle })
    }

    @Test func `nothing is due before a submission`() throws {
        #expect(try Self.targets().clocks(of: [], at: Self.at(0)).isEmpty)
        #expect(try Self.targets().clocks(of: [Self.event(0, .state(.triaged))], at: Self.at(1)).isEmpty)
    }

    @Test(arguments: [
        (Severity.critical, "2026-11-02T10:15:00Z", "2026-11-02T14:00:00Z"), (.high, "2026-11-02T11:00:00Z", "2026-11-02T18:00:00Z"),
        (.medium, "2026-11-02T14:00:00Z", "2026-11-04T14:00:00Z"), (.low, "2026-11-02T18:00:00Z", "2026-11-11T12:00:00Z")
    ])
    func `due times are the targets in the severity's hours`(severity: Severity, response: String, resolution: String) throws {
        let events = [Self.event(0, .submitted(severity))]
        #expect(try Self.clock(.firstResponse, events, at: 1).dueAt == time(response))
        #expect(try Self.clock(.resolution, events, at: 1).dueAt == time(resolution))
    }

    @Test(arguments: [
        (11.24, false, false), (11.25, true, false), (14.99, true, false), (15, true, true), (200, true, true)
    ])
    func `it warns at three quarters and breaches when the time is over`(minutes: Double, warned: Bool, breached: Bool) throws {
        let clock = try Self.clock(.firstResponse, [Self.event(0, .submitted(.critical))], at: minutes)
        #expect(clock.warnedAt == (warned ? Self.at(11.25) : nil))
        #expect(clock.breachedAt == (breached ? Self.at(15) : nil))
        #expect(clock.nextTimer == (breached ? nil : warned ? Self.at(15) : Self.at(11.25)))
        #expect(clock.status == .running)
    }

    @Test(arguments: [(15.0, false), (15.01, true)])
    func `an answer at the last instant is in time`(minutes: Double, breached: Bool) throws {
        let clock = try Self.clock(.firstResponse, [Self.event(0, .submitted(.critical)), Self.event(minutes, .responded)], at: 60)
        #expect(clock.status == .satisfied)
        #expect((clock.breachedAt != nil) == breached)
        #expect(clock.endedAt == Self.at(minutes))
        #expect(clock.dueAt == Self.at(15))
        #expect(clock.nextTimer == nil)
    }

    @Test func `waiting for the requester stops the clock`() throws {
        let events = [
            Self.event(0, .submitted(.critical)), Self.event(5, .responded), Self.event(100, .state(.waitingRequester)),
            Self.event(400, .state(.inProgress))
        ]
        let paused = try Self.clock(.resolution, Array(events.prefix(3)), at: 300)
        #expect(paused.status == .paused)
        #expect(paused.dueAt == nil && paused.nextTimer == nil && paused.breachedAt == nil)
        #expect(paused.used == 6000)
        let resumed = try Self.clock(.resolution, events, at: 500)
        #expect(resumed.status == .running)
        #expect(resumed.dueAt == Self.at(240 + 300))
        #expect(resumed.used == 12_000)
        #expect(try Self.clock(.resolution, events, at: 540).breachedAt == Self.at(540))
        let resolved = try Self.clock(.resolution, events + [Self.event(539, .state(.resolved))], at: 9999)
        #expect(resolved.status == .satisfied && resolved.breachedAt == nil && resolved.warnedAt == Self.at(180 + 300))
    }

    @Test func `other states do not stop it unless the policy says so`() throws {
        let events = [Self.event(0, .submitted(.critical)), Self.event(1, .state(.onHold)), Self.event(2, .state(.inProgress))]
        #expect(try Self.clock(.resolution, events, at: 3).dueAt == Self.at(240))
        var targets = try Self.targets()
        targets.pausesIn = [.onHold]
        #expect(targets.clocks(of: events, at: Self.at(3)).map(\.dueAt) == [Self.at(16), Self.at(241)])
    }

    @Test func `a changed severity counts from the start`() throws {
        let raised = [Self.event(0, .submitted(.low)), Self.event(10, .severity(.critical))]
        let clock = try Self.clock(.firstResponse, raised, at: 11)
        #expect(clock.dueAt == Self.at(15) && clock.severity == .critical && clock.breachedAt == nil && clock.warnedAt == nil)
        #expect(clock.used == 660)

        // Already too late: it breaches when that is known, and keeps the time at which it would have been due.
        let late = try Self.clock(.firstResponse, [Self.event(0, .submitted(.low)), Self.event(100, .severity(.critical))], at: 100)
        #expect(late.breachedAt == Self.at(100) && late.dueAt == Self.at(15) && late.warnedAt == Self.at(100))

        // Lowered again: what was breached stays so.
        let lowered = [Self.event(0, .submitted(.critical)), Self.event(20, .severity(.low))]
        let breached = try Self.clock(.firstResponse, lowered, at: 30)
        #expect(breached.breachedAt == Self.at(15) && breached.dueAt == Self.at(480) && breached.severity == .low)

        // Lowered in time, it has the longer time.
        let spared = try Self.clock(.firstResponse, [Self.event(0, .submitted(.critical)), Self.event(10, .severity(.low))], at: 30)
        #expect(spared.breachedAt == nil && spared.dueAt == Self.at(480))

        // While it waits as well.
        let waiting = [
            Self.event(0, .submitted(.low)), Self.event(100, .state(.waitingRequester)), Self.event(200, .severity(.critical))
        ]
        #expect(try Self.clock(.firstResponse, waiting, at: 201).breachedAt == Self.at(200))
        // What has ended keeps its measure.
        let ended = [Self.event(0, .submitted(.low)), Self.event(20, .responded), Self.event(30, .severity(.critical))]
        let done = try Self.clock(.firstResponse, ended, at: 40)
        #expect(done.breachedAt == nil && done.severity == .low)
    }

    @Test func `a severity from business hours to around the clock`() throws {
        let friday = time("2026-11-06T17:00:00Z"), saturday = time("2026-11-07T09:00:00Z")
        let events = [SLAEvent(.submitted(.low), at: friday), SLAEvent(.severity(.high), at: saturday)]
        let clocks = try Self.targets().clocks(of: events, at: saturday)
        #expect(clocks.map(\.dueAt) == [friday + 3600, friday + 8 * 3600])
        #expect(clocks.map(\.breachedAt) == [saturday, saturday])
        #expect(
            try Self.targets().clocks(of: [events[0]], at: saturday).map(\.dueAt) == [
                time("2026-11-09T15:00:00Z"), time("2026-11-18T09:00:00Z")
            ])
    }

    @Test func `a reopened ticket has a new cycle`() throws {
        var events = [
            Self.event(0, .submitted(.critical)), Self.event(5, .responded), Self.event(300, .state(.resolved)),
            Self.event(1000, .state(.inProgress))
        ]
        let clocks = try Self.targets().clocks(of: events, at: Self.at(1001))
        #expect(
            clocks.map { "\($0.target.rawValue) \($0.cycle) \($0.status.rawValue)" } == [
                "first_response 1 satisfied", "resolution 1 satisfied", "resolution 2 running"
            ])
        #expect(clocks.map(\.dueAt) == [Self.at(15), Self.at(240), Self.at(1240)])
        #expect(clocks.map(\.breachedAt) == [nil, Self.at(240), nil])
        events += [Self.event(1300, .state(.closed))]
        #expect(try Self.targets().clocks(of: events, at: Self.at(1301)).map(\.breachedAt) == [nil, Self.at(240), Self.at(1240)])
    }

    @Test func `the first response is promised until somebody gives it`() throws {
        let events = [
            Self.event(0, .submitted(.critical)), Self.event(10, .state(.resolved)), Self.event(60, .state(.inProgress))
        ]
        #expect(try Self.clock(.firstResponse, events, at: 61).status == .stopped)
        #expect(try Self.clock(.firstResponse, events, at: 61).breachedAt == nil)
        #expect(try Self.clock(.firstResponse, cycle: 2, events, at: 61).dueAt == Self.at(75))
    }

    @Test(arguments: [TicketState.merged, .cancelled])
    func `the clocks of a merged or cancelled ticket end without a breach`(state: TicketState) throws {
        let clocks = try Self.targets().clocks(of: [Self.event(0, .submitted(.critical)), Self.event(14, .state(state))], at: Self.at(9999))
        #expect(clocks.map(\.status) == [.stopped, .stopped])
        #expect(clocks.allSatisfy { $0.breachedAt == nil && $0.endedAt == Self.at(14) && $0.nextTimer == nil })
        #expect(SLATargets.nextTimer(of: clocks) == nil)
    }

    @Test func `an event that claims an earlier time happens with the one stored before it`() throws {
        let events = [
            Self.event(0, .submitted(.critical)), Self.event(30, .state(.waitingRequester)), Self.event(20, .state(.inProgress))
        ]
        #expect(try Self.clock(.resolution, events, at: 31).dueAt == Self.at(240))
        #expect(try Self.clock(.resolution, events, at: 31).status == .running)
    }

    static func history(using random: inout Seeded) -> [SLAEvent] {
        var minutes = 0.0
        var events = [event(0, .submitted(random.pick(Severity.allCases)))]
        for _ in 0..<Int.random(in: 0...9, using: &random) {
            minutes += Double.random(in: 0...random.pick([3, 60, 600, 6000]), using: &random)
            let kind: SLAEvent.Kind =
                switch Int.random(in: 0..<6, using: &random) {
                case 0: .responded
                case 1, 2: .severity(random.pick(Severity.allCases))
                default: .state(random.pick([.inProgress, .waitingRequester, .inProgress, .waitingRequester, .onHold, .resolved, .merged]))
                }
            events.append(event(minutes, kind))
        }
        return events
    }

    @Test(arguments: 1...6)
    func `what was warned or breached is never taken back or told twice`(seed: UInt64) throws {
        let targets = try Self.targets()
        var random = Seeded(seed)
        for _ in 0..<60 {
            let events = Self.history(using: &random)
            var told: [String: [Date?]] = [:]
            for count in 1...events.count {
                let until = count < events.count ? events[count].at : events[count - 1].at.addingTimeInterval(2_000_000)
                let from = events[count - 1].at
                // A timer may look at any instant before the next event.
                for share in [0, 0.3, 0.999] {
                    let now = from.addingTimeInterval(until.timeIntervalSince(from) * share)
                    guard now < until || count == events.count else { continue }
                    let clocks = targets.clocks(of: Array(events.prefix(count)), at: now)
                    #expect(Set(clocks.map { "\($0.target) \($0.cycle)" }).count == clocks.count)
                    for clock in clocks {
                        let key = "\(clock.target) \(clock.cycle)"
                        let marks = [clock.warnedAt, clock.breachedAt]
                        for (old, new) in zip(told[key] ?? [nil, nil], marks) where old != nil { #expect(old == new) }
                        #expect(marks.compactMap(\.self).allSatisfy { clock.startedAt <= $0 && $0 <= now })
                        if let timer = clock.nextTimer { #expect(timer > now) }
                        told[key] = marks
                    }
                }
            }
        }
    }

    @Test(arguments: Severity.allCases)
    func `an event from a clock that is ahead lets nothing run out before its time`(severity: Severity) throws {
        let targets = try Self.targets()
        let start = Date(timeIntervalSince1970: 1_795_000_000), now = start.addingTimeInterval(60)
        let history = [SLAEvent(.submitted(severity), at: start), SLAEvent(.severity(severity), at: start.addingTimeInterval(30 * 86_400))]
        for clock in targets.clocks(of: history, at: now) {
            #expect(clock.warnedAt == nil && clock.breachedAt == nil && clock.used <= 60)
        }
        // Once its time has come, it counts as ever.
        let later = targets.clocks(of: history, at: start.addingTimeInterval(31 * 86_400))
        #expect(later.allSatisfy { $0.breachedAt != nil })
    }

    @Test func `without pauses and changes, breached means used up`() throws {
        let targets = try Self.targets()
        var random = Seeded(12)
        for _ in 0..<300 {
            let severity = random.pick(Severity.allCases), start = CalendarTests.instant(using: &random)
            let now = start.addingTimeInterval(Double.random(in: 0...2_000_000, using: &random))
            for clock in targets.clocks(of: [SLAEvent(.submitted(severity), at: start)], at: now) {
                #expect((clock.breachedAt != nil) == (clock.used >= clock.allowance))
                #expect((clock.warnedAt != nil) == (clock.used >= clock.allowance * 0.75))
            }
        }
    }
}
