public import Foundation

/// Dates as text in the form of RFC 3339, UTC, to the microsecond. Written by hand because every event carries one and
/// formatters cost more than the rest of the decoding.
public enum RFC3339 {
    public static func string(_ date: Date) -> String {
        // Within what four digits of a year can say. In this order, because a comparison with NaN answers with the first.
        let total = Int64((min(max(0, date.timeIntervalSince1970), 253_402_300_799) * 1_000_000).rounded())
        let seconds = total.flooredDivision(by: 1_000_000)
        let (year, month, day) = civil(fromDays: seconds.flooredDivision(by: 86_400))
        let clock = seconds - seconds.flooredDivision(by: 86_400) * 86_400
        let micros = total - seconds * 1_000_000
        // "2025-01-01T00:00:00", then nothing, three or six digits, then "Z".
        let digits = micros == 0 ? 0 : micros % 1000 == 0 ? 3 : 6
        let length = 20 + (digits == 0 ? 0 : digits + 1)
        return String(unsafeUninitializedCapacity: length) { text in
            func write(_ value: Int64, _ width: Int, at place: Int) {
                var rest = value
                for offset in (0..<width).reversed() {
                    text[place + offset] = UInt8(48 + rest % 10)
                    rest /= 10
                }
            }
            write(year, 4, at: 0)
            write(month, 2, at: 5)
            write(day, 2, at: 8)
            write(clock / 3600, 2, at: 11)
            write(clock / 60 % 60, 2, at: 14)
            write(clock % 60, 2, at: 17)
            (text[4], text[7], text[10]) = (UInt8(ascii: "-"), UInt8(ascii: "-"), UInt8(ascii: "T"))
            (text[13], text[16]) = (UInt8(ascii: ":"), UInt8(ascii: ":"))
            if digits > 0 {
                text[19] = UInt8(ascii: ".")
                write(digits == 3 ? micros / 1000 : micros, digits, at: 20)
            }
            text[length - 1] = UInt8(ascii: "Z")
            return length
        }
    }

    /// Nil for anything that is not an RFC 3339 date-time of the years 1970 to 9999.
    public static func date(_ text: String) -> Date? {
        var bytes = Array(text.utf8)[...]
        func number(_ count: Int) -> Int64? {
            guard bytes.count >= count else { return nil }
            var value: Int64 = 0
            for byte in bytes.prefix(count) {
                guard (48...57).contains(byte) else { return nil }
                value = value * 10 + Int64(byte - 48)
            }
            bytes.removeFirst(count)
            return value
        }
        func skip(_ allowed: String) -> Bool {
            guard let first = bytes.first, allowed.utf8.contains(first) else { return false }
            bytes.removeFirst()
            return true
        }
        guard text.utf8.count <= 40,
            let year = number(4), year >= 1970, skip("-"), let month = number(2), (1...12).contains(month), skip("-"),
            let day = number(2), (1...daysIn(month, year)).contains(day), skip("Tt "), let hour = number(2), hour < 24, skip(":"),
            let minute = number(2), minute < 60, skip(":"), let second = number(2), second <= 60
        else { return nil }
        var fraction = 0.0
        if skip(".") {
            var scale = 0.1
            guard let first = bytes.first, (48...57).contains(first) else { return nil }
            while let byte = bytes.first, (48...57).contains(byte) {
                fraction += Double(byte - 48) * scale
                scale /= 10
                bytes.removeFirst()
            }
        }
        var offset: Int64 = 0
        if !skip("Zz") {
            guard let sign = bytes.first, sign == 43 || sign == 45 else { return nil }
            bytes.removeFirst()
            guard let hours = number(2), hours < 24, skip(":"), let minutes = number(2), minutes < 60 else { return nil }
            offset = (hours * 3600 + minutes * 60) * (sign == 43 ? 1 : -1)
        }
        guard bytes.isEmpty else { return nil }
        let seconds = days(year, month, day) * 86_400 + hour * 3600 + minute * 60 + second - offset
        return Date(timeIntervalSince1970: Double(seconds) + fraction)
    }

    private static func daysIn(_ month: Int64, _ year: Int64) -> Int64 {
        switch month {
        case 2: (year % 4 == 0 && year % 100 != 0) || year % 400 == 0 ? 29 : 28
        case 4, 6, 9, 11: 30
        default: 31
        }
    }

    /// Days since 1970-01-01 of a Gregorian date. The year starts in March, so that the leap day is its last.
    private static func days(_ year: Int64, _ month: Int64, _ day: Int64) -> Int64 {
        let shifted = month <= 2 ? year - 1 : year
        let era = shifted.flooredDivision(by: 400)
        let yearOfEra = shifted - era * 400
        let dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
        return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
    }

    private static func civil(fromDays days: Int64) -> (Int64, Int64, Int64) {
        let shifted = days + 719_468
        let era = shifted.flooredDivision(by: 146_097)
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shiftedMonth = (5 * dayOfYear + 2) / 153
        let month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
        return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, dayOfYear - (153 * shiftedMonth + 2) / 5 + 1)
    }
}

extension Int64 {
    fileprivate func flooredDivision(by divisor: Int64) -> Int64 {
        self >= 0 ? self / divisor : -((-self + divisor - 1) / divisor)
    }
}
