import Domain
public import Foundation

/// Calendar days of UTC as text, `2026-11-22`.
public enum RFC3339Day {
    public static func text(_ instant: Date) -> String { String(RFC3339.string(instant).prefix(10)) }

    /// Midnight UTC at which the day begins; nil for anything that is not a day of the years 1970 to 9999.
    public static func date(_ text: some StringProtocol) -> Date? {
        text.utf8.count == 10 ? RFC3339.date(text + "T00:00:00Z") : nil
    }

    /// Midnight UTC at or before an instant.
    public static func start(of instant: Date) -> Date {
        Date(timeIntervalSince1970: (instant.timeIntervalSince1970 / 86_400).rounded(.down) * 86_400)
    }
}
