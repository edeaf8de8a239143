/// A stretch of a day, by the wall clock.
public struct WorkHours: Hashable, Sendable, CustomStringConvertible {
    /// Seconds since midnight, 0 to 86,400, `from` before `to`. On days on which the clocks change, the wall clock counts, not the time passed.
    public let from: Int
    public let to: Int

    /// Nil when the end is not after the start, or either lies outside the day.
    public init?(from: Int, to: Int) {
        guard 0 <= from, from < to, to <= 86_400 else { return nil }
        self.from = from
        self.to = to
    }

    /// Reads `08:00-17:30`; `24:00` is the end of the day.
    public init?(_ text: some StringProtocol) {
        let ends = text.split(separator: "-", omittingEmptySubsequences: false)
        guard ends.count == 2, let from = Self.seconds(ends[0]), let to = Self.seconds(ends[1]) else { return nil }
        self.init(from: from, to: to)
    }

    public static let wholeDay = WorkHours(unchecked: 0, 86_400)

    private init(unchecked from: Int, _ to: Int) {
        self.from = from
        self.to = to
    }

    public var description: String { "\(Self.text(from))-\(Self.text(to))" }

    private static func seconds(_ text: some StringProtocol) -> Int? {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 2, parts.allSatisfy({ $0.utf8.count == 2 && $0.utf8.allSatisfy { (0x30...0x39).contains($0) } }),
            let hour = Int(parts[0]), let minute = Int(parts[1]), minute < 60, hour < 24 || (hour == 24 && minute == 0)
        else { return nil }
        return hour * 3600 + minute * 60
    }

    private static func text(_ seconds: Int) -> String {
        let (hour, minute) = (seconds / 3600, seconds / 60 % 60)
        return "\(hour < 10 ? "0" : "")\(hour):\(minute < 10 ? "0" : "")\(minute)"
    }
}
