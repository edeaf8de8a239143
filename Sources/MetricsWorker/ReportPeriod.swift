import Foundation
import Stores

/// Whole days of UTC.
struct ReportPeriod: Hashable, Sendable {
    var from: Date
    /// Not part of the period.
    var until: Date

    static let expected =
        "today, yesterday, 7d, 30d (any number of days up to today), a month such as 2026-11, a day, or FROM..TO with both days in it"

    /// Nil for anything else than `expected` says.
    init?(_ text: String, now: Date) {
        let today = RFC3339Day.start(of: now), day: TimeInterval = 86_400
        switch text {
        case "today": (from, until) = (today, today.addingTimeInterval(day))
        case "yesterday": (from, until) = (today.addingTimeInterval(-day), today)
        default:
            if text.hasSuffix("d"), let count = Int(text.dropLast()), (1...3660).contains(count) {
                until = today.addingTimeInterval(day)
                from = until.addingTimeInterval(-Double(count) * day)
            } else if text.utf8.count == 7, let first = RFC3339Day.date(text + "-01") {
                // The longest month and a few days lead into the next one.
                let next = RFC3339Day.text(first.addingTimeInterval(32 * day)).prefix(7)
                guard let end = RFC3339Day.date(next + "-01") else { return nil }
                (from, until) = (first, end)
            } else if let single = RFC3339Day.date(text) {
                (from, until) = (single, single.addingTimeInterval(day))
            } else {
                let ends = text.components(separatedBy: "..")
                guard ends.count == 2, let first = RFC3339Day.date(ends[0]), let last = RFC3339Day.date(ends[1]), first <= last else { return nil }
                (from, until) = (first, last.addingTimeInterval(day))
            }
        }
    }
}
