import Messaging

/// How long the oldest record that a group has not read has waited, told from how far the log had grown at earlier looks. Pure; as exact as
/// the looks are frequent.
struct LagAges {
    /// Looks that are remembered for a partition: an hour at one in ten seconds. What is older counts as that old.
    private let capacity: Int
    private var looks: [TopicPartition: [(time: Duration, end: Int64)]] = [:]

    init(capacity: Int = 360) {
        self.capacity = capacity
    }

    /// - Parameters:
    ///   - time: since some fixed point.
    ///   - end: the offset after the newest record.
    mutating func look(at time: Duration, _ partition: TopicPartition, end: Int64) {
        var known = looks[partition, default: []]
        // A topic that was made anew starts over.
        if let last = known.last, end < last.end { known = [] }
        // Only looks at which it had grown tell anything.
        if known.last?.end != end { known.append((time, end)) }
        if known.count > capacity { known.removeFirst(known.count - capacity) }
        looks[partition] = known
    }

    /// - Parameter next: the first offset that the group has not read.
    func age(at time: Duration, _ partition: TopicPartition, next: Int64) -> Duration {
        guard let seen = looks[partition]?.first(where: { $0.end > next }) else { return .zero }
        return time - seen.time
    }
}
