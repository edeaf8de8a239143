import Foundation

/// When the events of a feed happened by their own account: now, or for the late ones some time in the last days, more of them the closer
/// it is. Within the window in which event times are believed.
enum FeedTimes {
    /// Seconds back that a late event may lie: six of the seven days of `EventTime.window`.
    static let reach = 6 * 86_400.0

    static func late(before now: Date, using random: inout FeedRandom) -> Date {
        let share = Double.random(in: 0..<1, using: &random)
        return now.addingTimeInterval(-300 - share * share * (reach - 300))
    }

    /// A moment of a conversation that began at `start`: minutes later, and never to come.
    static func later(than start: Date, before now: Date, using random: inout FeedRandom) -> Date {
        let latest = min(now, start.addingTimeInterval(3 * 3600))
        return start >= latest ? now : start.addingTimeInterval(Double.random(in: 0..<1, using: &random) * latest.timeIntervalSince(start))
    }
}
