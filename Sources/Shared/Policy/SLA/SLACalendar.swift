public import Foundation

/// Why a calendar cannot be used.
public enum SLACalendarError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The week was not seven days, Monday first.
    case notAWeek(days: Int)
    /// No day of the week has hours: nothing would ever be due.
    case noWorkingTime
    /// Two stretches of one day overlap.
    case overlap(day: String, first: String, second: String)

    public var description: String {
        switch self {
        case .notAWeek(let days): "expected seven days, Monday first, found \(days)"
        case .noWorkingTime: "expected hours on at least one day of the week, found none: a clock would never run out"
        case .overlap(let day, let first, let second): "expected stretches that do not overlap on \(day), found \(first) and \(second)"
        }
    }
}

/// The hours in which clocks run: stretches of the wall clock of a zone, by day of the week, less holidays, with exceptions by date.
public struct SLACalendar: Sendable, Hashable {
    /// Longer working times are counted as this: ten years of seconds.
    public static let longestWorkingTime: TimeInterval = 315_360_000

    public let zone: TimeZone
    /// Seven lists, Monday first, each in order.
    public let week: [[WorkHours]]
    public let holidays: Set<CivilDay>
    /// Hours that hold on a date instead of those of its weekday, holiday or not.
    public let exceptions: [CivilDay: [WorkHours]]
    private let isAlways: Bool

    /// Throws when there is no working time in the week, or stretches overlap.
    public init(
        zone: TimeZone, week: [[WorkHours]], holidays: Set<CivilDay> = [], exceptions: [CivilDay: [WorkHours]] = [:]
    ) throws(SLACalendarError) {
        guard week.count == 7 else { throw .notAWeek(days: week.count) }
        guard week.contains(where: { !$0.isEmpty }) else { throw .noWorkingTime }
        var sortedWeek: [[WorkHours]] = []
        for (index, hours) in week.enumerated() { sortedWeek.append(try Self.ordered(hours, day: Self.weekdays[index])) }
        var sortedExceptions: [CivilDay: [WorkHours]] = [:]
        for (day, hours) in exceptions.sorted(by: { $0.key < $1.key }) { sortedExceptions[day] = try Self.ordered(hours, day: "\(day)") }
        self.zone = zone
        self.week = sortedWeek
        self.holidays = holidays
        self.exceptions = sortedExceptions
        isAlways = false
    }

    private init() {
        zone = .gmt
        week = Array(repeating: [.wholeDay], count: 7)
        holidays = []
        exceptions = [:]
        isAlways = true
    }

    /// Around the clock, every day.
    public static let always = SLACalendar()

    /// The names of the days in the policy file.
    public static let weekdays = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]

    private static func ordered(_ hours: [WorkHours], day: String) throws(SLACalendarError) -> [WorkHours] {
        let sorted = hours.sorted { ($0.from, $0.to) < ($1.from, $1.to) }
        for (first, second) in zip(sorted, sorted.dropFirst()) where second.from < first.to {
            throw .overlap(day: day, first: "\(first)", second: "\(second)")
        }
        return sorted
    }

    /// The hours of a date.
    public func hours(on day: CivilDay) -> [WorkHours] {
        if let hours = exceptions[day] { return hours }
        return holidays.contains(day) ? [] : week[day.weekday]
    }

    /// The earliest instant by which `workingTime` seconds of working time have passed since `start`. `start` itself when none are asked for.
    public func due(from start: Date, workingTime: TimeInterval) -> Date {
        guard workingTime > 0 else { return start }
        var remaining = min(workingTime, Self.longestWorkingTime)
        if isAlways { return start.addingTimeInterval(remaining) }
        var day = firstDay(around: start)
        // Ends: some day of every week has hours, and the dates that take them away are finite in number.
        while true {
            for stretch in stretches(on: day) where stretch.end > start {
                let from = max(stretch.start, start)
                let available = stretch.end.timeIntervalSince(from)
                if remaining <= available { return from.addingTimeInterval(remaining) }
                remaining -= available
            }
            day = day.next
        }
    }

    /// Seconds of working time from `start` to `end`; 0 when `end` is not later.
    public func workingTime(from start: Date, to end: Date) -> TimeInterval {
        guard end > start else { return 0 }
        if isAlways { return end.timeIntervalSince(start) }
        var total: TimeInterval = 0
        var day = firstDay(around: start)
        while true {
            let clock = DayClock(day, in: zone)
            if clock.instant(0) >= end { return total }
            for hours in hours(on: day) {
                let from = max(clock.instant(hours.from), start)
                let to = min(clock.instant(hours.to), end)
                if to > from { total += to.timeIntervalSince(from) }
            }
            day = day.next
        }
    }

    /// Whether the clocks run at this instant.
    public func isWorkingTime(_ instant: Date) -> Bool {
        if isAlways { return true }
        var day = firstDay(around: instant)
        for _ in 0..<3 {
            if stretches(on: day).contains(where: { $0.start <= instant && instant < $0.end }) { return true }
            day = day.next
        }
        return false
    }

    /// The day before that of `instant`: where the clocks change around midnight, a stretch of that day may reach beyond it.
    private func firstDay(around instant: Date) -> CivilDay {
        let local = instant.timeIntervalSince1970 + Double(zone.secondsFromGMT(for: instant))
        return CivilDay(number: Int((local / 86_400).rounded(.down)) - 1)
    }

    private func stretches(on day: CivilDay) -> [(start: Date, end: Date)] {
        let hours = hours(on: day)
        if hours.isEmpty { return [] }
        let clock = DayClock(day, in: zone)
        return hours.map { (clock.instant($0.from), clock.instant($0.to)) }.filter { $0.0 < $0.1 }
    }
}
