import Domain
import Foundation
import Policy
import Testing

@Suite struct CalendarTests {
    static let zones = ["Europe/Berlin", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe", "UTC"]

    static func hours(_ texts: String...) -> [WorkHours] { texts.compactMap { WorkHours($0) } }

    static func zone(_ name: String) throws -> TimeZone { try #require(TimeZone(identifier: name)) }

    /// The same hours every day.
    static func daily(_ zone: String, _ texts: String...) throws -> SLACalendar {
        try SLACalendar(zone: Self.zone(zone), week: Array(repeating: texts.compactMap { WorkHours($0) }, count: 7))
    }

    /// A working week with a night shift, a holiday and exceptions, none of whose ends lies in an hour that the clocks show twice.
    static func office(_ zone: String) throws -> SLACalendar {
        let day = hours("08:00-12:00", "13:00-17:30")
        return try SLACalendar(
            zone: Self.zone(zone), week: [day, day, day, day, hours("08:00-14:00"), [], hours("00:00-06:00", "22:00-24:00")],
            holidays: [CivilDay(year: 2026, month: 10, day: 26), CivilDay(year: 2026, month: 4, day: 6)],
            exceptions: [CivilDay(year: 2026, month: 3, day: 28): hours("10:00-24:00"), CivilDay(year: 2026, month: 11, day: 2): []])
    }

    /// Working time by asking Foundation's calendar about every minute.
    static func counted(_ calendar: SLACalendar, from start: Date, to end: Date) -> TimeInterval {
        var gregorian = Calendar(identifier: .gregorian)
        gregorian.timeZone = calendar.zone
        var minutes = 0
        var instant = start
        while instant < end {
            let parts = gregorian.dateComponents([.year, .month, .day, .hour, .minute], from: instant)
            let day = CivilDay(year: parts.year ?? 0, month: parts.month ?? 0, day: parts.day ?? 0)
            let second = (parts.hour ?? 0) * 3600 + (parts.minute ?? 0) * 60
            if calendar.hours(on: day).contains(where: { $0.from <= second && second < $0.to }) { minutes += 1 }
            instant += 60
        }
        return Double(minutes * 60)
    }

    static func instant(using random: inout Seeded, from: String = "2026-01-01T00:00:00Z", days: Double = 365) -> Date {
        time(from).addingTimeInterval((Double.random(in: 0...(days * 1440), using: &random)).rounded() * 60)
    }

    @Test(arguments: [
        ("Europe/Berlin", "2026-03-29", "01:00-04:00", 2.0), ("Europe/Berlin", "2026-10-25", "01:00-04:00", 4),
        ("Europe/Berlin", "2026-10-24", "01:00-04:00", 3), ("America/New_York", "2026-03-08", "01:00-04:00", 2),
        ("America/New_York", "2026-11-01", "00:00-03:00", 4), ("Asia/Kolkata", "2026-03-29", "01:00-04:00", 3),
        ("Australia/Lord_Howe", "2026-04-05", "01:00-04:00", 3.5), ("Australia/Lord_Howe", "2026-10-04", "01:00-04:00", 2.5),
        ("Europe/Berlin", "2026-03-29", "00:00-24:00", 23), ("Europe/Berlin", "2026-10-25", "00:00-24:00", 25),
        ("Europe/Berlin", "2026-03-29", "02:00-03:00", 0), ("Europe/Berlin", "2026-03-29", "02:30-03:30", 0.5),
        ("Europe/Berlin", "2026-10-25", "00:00-02:30", 2.5), ("Europe/Berlin", "2026-10-25", "02:30-04:00", 2.5)
    ])
    func `days on which the clocks change`(zone: String, day: String, stretch: String, expected: Double) throws {
        let date = try #require(CivilDay(day))
        let calendar = try SLACalendar(
            zone: Self.zone(zone), week: Array(repeating: Self.hours("09:00-09:01"), count: 7),
            exceptions: [
                CivilDay(number: date.number - 1): [], date: Self.hours(stretch), date.next: []
            ])
        let noon = time("\(day)T12:00:00Z")
        #expect(calendar.workingTime(from: noon.addingTimeInterval(-86_400), to: noon.addingTimeInterval(86_400)) == expected * 3600)
    }

    @Test(arguments: zones)
    func `working time is what a count of the minutes says`(zone: String) throws {
        let calendar = try Self.office(zone)
        var random = Seeded(UInt64(zone.utf8.count))
        for base in [
            "2026-03-06T00:00:00Z", "2026-03-26T00:00:00Z", "2026-04-02T00:00:00Z", "2026-10-01T00:00:00Z", "2026-10-22T00:00:00Z",
            "2026-10-30T00:00:00Z"
        ] {
            let start = Self.instant(using: &random, from: base, days: 3)
            let end = Self.instant(using: &random, from: base, days: 6)
            #expect(calendar.workingTime(from: start, to: end) == Self.counted(calendar, from: start, to: end), "\(start) to \(end)")
        }
    }

    @Test(arguments: zones)
    func `working time adds up, and due undoes it`(zone: String) throws {
        let calendar = try Self.office(zone)
        var random = Seeded(7)
        for _ in 0..<250 {
            let times = (0..<3).map { _ in Self.instant(using: &random) }.sorted()
            let whole = calendar.workingTime(from: times[0], to: times[2])
            let parts = calendar.workingTime(from: times[0], to: times[1]) + calendar.workingTime(from: times[1], to: times[2])
            #expect(abs(whole - parts) < 0.001)

            let first = Double.random(in: 1...500_000, using: &random), second = Double.random(in: 1...500_000, using: &random)
            let due = calendar.due(from: times[0], workingTime: first)
            #expect(abs(calendar.workingTime(from: times[0], to: due) - first) < 0.001)
            #expect(calendar.workingTime(from: times[0], to: due.addingTimeInterval(-1)) < first)
            let both = calendar.due(from: times[0], workingTime: first + second)
            #expect(abs(calendar.due(from: due, workingTime: second).timeIntervalSince(both)) < 0.001)
        }
    }

    @Test(arguments: zones)
    func `what starts later or takes longer is due no earlier`(zone: String) throws {
        let calendar = try Self.office(zone)
        var random = Seeded(8)
        for _ in 0..<250 {
            let starts = [Self.instant(using: &random), Self.instant(using: &random)].sorted()
            let spans = [Double.random(in: 0...300_000, using: &random), Double.random(in: 0...300_000, using: &random)].sorted()
            #expect(calendar.due(from: starts[0], workingTime: spans[0]) <= calendar.due(from: starts[1], workingTime: spans[0]))
            #expect(calendar.due(from: starts[0], workingTime: spans[0]) <= calendar.due(from: starts[0], workingTime: spans[1]))
            #expect(calendar.workingTime(from: starts[1], to: starts[0]) == 0)
            #expect(calendar.due(from: starts[0], workingTime: spans[0]) >= starts[0].addingTimeInterval(spans[0]))
        }
    }

    @Test func `around the clock is time itself, also by the hour of any zone`() throws {
        var random = Seeded(9)
        for zone in Self.zones {
            let whole = try Self.daily(zone, "00:00-24:00"), split = try Self.daily(zone, "00:00-02:30", "02:30-24:00")
            for _ in 0..<40 {
                let start = Self.instant(using: &random), span = Double.random(in: 0...2_000_000, using: &random)
                for calendar in [SLACalendar.always, whole, split] {
                    #expect(abs(calendar.due(from: start, workingTime: span).timeIntervalSince(start) - span) < 0.001)
                    #expect(abs(calendar.workingTime(from: start, to: start.addingTimeInterval(span)) - span) < 0.001)
                    #expect(calendar.isWorkingTime(start))
                }
            }
        }
    }

    @Test(arguments: [
        ("2026-10-16T12:00:00Z", 1.0, "2026-10-16T13:00:00Z"),
        ("2026-10-16T15:00:00Z", 2.0, "2026-10-19T08:00:00Z"),  // Friday afternoon, to Monday at 10:00 CEST
        ("2026-10-17T03:00:00Z", 0.5, "2026-10-19T06:30:00Z"),  // Saturday
        ("2026-10-23T13:00:00Z", 4.0, "2026-10-27T09:00:00Z"),  // over a change of the clocks and a holiday on Monday
        ("2026-12-23T15:00:00Z", 2.0, "2026-12-24T08:00:00Z"),  // a short day
        ("2026-10-16T12:00:00Z", 0.0, "2026-10-16T12:00:00Z")
    ])
    func `business hours`(start: String, hours: Double, due: String) throws {
        let day = Self.hours("08:00-17:00")
        let calendar = try SLACalendar(
            zone: Self.zone("Europe/Berlin"), week: [day, day, day, day, day, [], []], holidays: [CivilDay(year: 2026, month: 10, day: 26)],
            exceptions: [CivilDay(year: 2026, month: 12, day: 24): Self.hours("08:00-12:00")])
        #expect(calendar.due(from: time(start), workingTime: hours * 3600) == time(due))
    }

    @Test func `a calendar without working time is refused`() throws {
        #expect(throws: SLACalendarError.noWorkingTime) { try SLACalendar(zone: .gmt, week: Array(repeating: [], count: 7)) }
        #expect(throws: SLACalendarError.notAWeek(days: 1)) { try SLACalendar(zone: .gmt, week: [[.wholeDay]]) }
        #expect(throws: SLACalendarError.overlap(day: "tuesday", first: "08:00-12:00", second: "11:00-13:00")) {
            try SLACalendar(zone: .gmt, week: [[], Self.hours("11:00-13:00", "08:00-12:00"), [], [], [], [], []])
        }
    }

    @Test(arguments: ["08:00", "8:00-9:00", "09:00-08:00", "09:00-09:00", "24:00-25:00", "00:00-24:01", "00:60-02:00", "-", ""])
    func `what are no hours`(text: String) {
        #expect(WorkHours(text) == nil)
    }

    @Test func `days are numbered without a gap`() throws {
        var day = CivilDay(year: 1999, month: 12, day: 31)
        #expect(day.number == 10_956)
        #expect(day.weekday == 4)
        for _ in 0..<(400 * 366) {
            let next = day.next
            #expect(CivilDay(year: next.year, month: next.month, day: next.day) == next)
            #expect(next.weekday == (day.weekday + 1) % 7)
            day = next
        }
        #expect(CivilDay("2028-02-29")?.description == "2028-02-29")
        #expect(["2026-02-29", "2026-13-01", "2026-1-1", "2026-00-10", "20260101", "2026-04-31"].allSatisfy { CivilDay($0) == nil })
        #expect(CivilDay(year: 1969, month: 12, day: 31).number == -1)
        #expect(CivilDay(year: 1969, month: 12, day: 28).weekday == 6)
    }
}
