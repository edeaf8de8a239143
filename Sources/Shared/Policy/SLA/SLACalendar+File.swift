import Foundation

extension SLACalendar {
    /// Reads the section `calendar`; nil when it cannot be used.
    init?(_ section: PolicySection) {
        let mistakes = section.file.problems.count
        section.allow(["zone", "week", "holidays", "exceptions"])
        let zone = section.value("zone", "a time zone such as `Europe/Berlin` or `UTC`") { TimeZone(identifier: $0) }
        var week: [[WorkHours]] = Array(repeating: [], count: 7)
        if let days = section.section("week") {
            days.allow(Self.weekdays)
            for (index, name) in Self.weekdays.enumerated() where days.has(name) { week[index] = days.hours(name) }
            if section.file.problems.count == mistakes, week.allSatisfy(\.isEmpty) {
                section.report(.impossible, at: "week", expected: "hours on at least one day", found: "a week without working time")
            }
        }
        var holidays: Set<CivilDay> = []
        if section.has("holidays") {
            for item in section.items("holidays") {
                if let day = CivilDay(item.text) { holidays.insert(day) } else { section.reportDay(item.text, item.line, item.key) }
            }
        }
        var exceptions: [CivilDay: [WorkHours]] = [:]
        if section.has("exceptions") {
            for exception in section.sections("exceptions") {
                exception.allow(["date", "hours"])
                guard let day = exception.value("date", "a day as `2026-12-24`", read: { CivilDay($0) }) else { continue }
                if exceptions[day] != nil {
                    exception.report(.duplicate, at: "date", expected: "each day once", found: "`\(day)` again")
                }
                exceptions[day] = exception.hours("hours")
            }
        }
        guard section.file.problems.count == mistakes, let zone else { return nil }
        do {
            try self.init(zone: zone, week: week, holidays: holidays, exceptions: exceptions)
        } catch {
            section.file.report(.invalid, line: section.line, key: section.key, expected: "a calendar", found: error.description)
            return nil
        }
    }
}

extension PolicySection {
    fileprivate func reportDay(_ text: String, _ line: Int, _ key: String) {
        file.report(.invalid, line: line, key: key, expected: "a day as `2026-12-24`", found: "`\(text)`")
    }

    /// A list of stretches such as `08:00-17:00`, that do not overlap.
    fileprivate func hours(_ name: String) -> [WorkHours] {
        var read: [WorkHours] = []
        for item in items(name) {
            guard let hours = WorkHours(item.text) else {
                file.report(
                    .invalid, line: item.line, key: item.key, expected: "hours as `08:00-17:00`, the end after the start",
                    found: "`\(item.text)`")
                continue
            }
            if let other = read.first(where: { $0.from < hours.to && hours.from < $0.to }) {
                file.report(.invalid, line: item.line, key: item.key, expected: "hours that do not overlap", found: "`\(hours)` beside `\(other)`")
                continue
            }
            read.append(hours)
        }
        return read
    }
}
