import Foundation

/// A point in UTC, written as RFC 3339 with milliseconds, without a formatter's cost per line.
struct LogTimestamp: Sendable {
    /// Since 1970-01-01T00:00:00Z; not negative.
    let milliseconds: Int64

    static func now() -> LogTimestamp {
        LogTimestamp(milliseconds: Int64((Date().timeIntervalSince1970 * 1000).rounded(.down)))
    }

    /// Appends, for example, `2026-03-01T08:15:30.042Z`.
    func write(to line: inout [UInt8]) {
        let (year, month, day) = date
        let ofDay = milliseconds % 86_400_000
        Self.digits(year, 4, &line)
        line.append(UInt8(ascii: "-"))
        Self.digits(month, 2, &line)
        line.append(UInt8(ascii: "-"))
        Self.digits(day, 2, &line)
        line.append(UInt8(ascii: "T"))
        writeTime(of: ofDay, to: &line)
        line.append(UInt8(ascii: "Z"))
    }

    /// Appends the time of day only, for people at a terminal.
    func writeTimeOfDay(to line: inout [UInt8]) {
        writeTime(of: milliseconds % 86_400_000, to: &line)
    }

    private func writeTime(of milliseconds: Int64, to line: inout [UInt8]) {
        let seconds = milliseconds / 1000
        Self.digits(seconds / 3600, 2, &line)
        line.append(UInt8(ascii: ":"))
        Self.digits(seconds / 60 % 60, 2, &line)
        line.append(UInt8(ascii: ":"))
        Self.digits(seconds % 60, 2, &line)
        line.append(UInt8(ascii: "."))
        Self.digits(milliseconds % 1000, 3, &line)
    }

    /// The proleptic Gregorian date of a day count, by eras of 400 years that start on 1 March, so that the leap day comes last.
    private var date: (year: Int64, month: Int64, day: Int64) {
        let days = milliseconds / 86_400_000 + 719_468
        let era = days / 146_097
        let ofEra = days % 146_097
        let yearOfEra = (ofEra - ofEra / 1460 + ofEra / 36_524 - ofEra / 146_096) / 365
        let ofYear = ofEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let monthFromMarch = (5 * ofYear + 2) / 153
        let month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
        return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, ofYear - (153 * monthFromMarch + 2) / 5 + 1)
    }

    private static func digits(_ value: Int64, _ width: Int, _ line: inout [UInt8]) {
        var divisor: Int64 = 1
        for _ in 1..<width { divisor *= 10 }
        while divisor > 0 {
            line.append(UInt8(48 + value / divisor % 10))
            divisor /= 10
        }
    }
}
