import Foundation

/// The wall clock of one day in one zone, also of a day on which the clocks change.
///
/// A time that the clocks skip means the instant of the change, a time that they show twice means the first. So the instants grow with the
/// wall clock, and stretches that touch on the wall clock touch in time: nothing is counted twice or lost.
struct DayClock {
    private let midnight: Int
    private let zone: TimeZone
    private let before: Int
    private let after: Int
    /// The first second with the offset `after`; nil when the offset is the same all day.
    private let change: Int?

    init(_ day: CivilDay, in zone: TimeZone) {
        self.zone = zone
        midnight = day.number * 86_400
        // Offsets lie within a day of UTC, so these two instants enclose the day in every zone.
        let (early, late) = (midnight - 86_400, midnight + 2 * 86_400)
        before = Self.offset(early, zone)
        after = Self.offset(late, zone)
        if before == after {
            change = nil
        } else {
            var (low, high) = (early, late)
            while high - low > 1 {
                let middle = low + (high - low) / 2
                if Self.offset(middle, zone) == before { low = middle } else { high = middle }
            }
            change = high
        }
    }

    /// The instant at which the wall clock shows this many seconds since midnight.
    func instant(_ seconds: Int) -> Date {
        let local = midnight + seconds
        guard let change else { return Date(timeIntervalSince1970: Double(local - before)) }
        if local - before < change { return Date(timeIntervalSince1970: Double(local - before)) }
        return Date(timeIntervalSince1970: Double(max(change, local - after)))
    }

    private static func offset(_ seconds: Int, _ zone: TimeZone) -> Int {
        zone.secondsFromGMT(for: Date(timeIntervalSince1970: Double(seconds)))
    }
}
