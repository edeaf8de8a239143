import Messaging

/// What a group member holds, as a pure state machine: which generation, which partitions, which of them are paused.
struct Assignment {
    enum Phase: Equatable { case none, held, revoked }

    private(set) var generation = 0
    private(set) var phase = Phase.none
    private(set) var partitions: Set<TopicPartition> = []
    /// Exactly what is paused: resuming a partition that is not paused would rewind it.
    private(set) var paused: Set<TopicPartition> = []
    /// The next offset to read of what is finished, where it is known.
    private(set) var progress: [TopicPartition: Int64] = [:]
    /// Where the logs ended when they were assigned, where that is known.
    private(set) var ends: [TopicPartition: Int64] = [:]

    /// Starts a new generation and returns its number.
    mutating func assign(_ assigned: [AssignedPartition]) -> Int {
        generation += 1
        phase = .held
        partitions = Set(assigned.map(\.partition))
        paused = []
        progress = [:]
        ends = [:]
        for one in assigned {
            progress[one.partition] = one.committed
            ends[one.partition] = one.highWatermark
        }
        return generation
    }

    /// The group wants everything back. False when nothing is held.
    mutating func revoke() -> Bool {
        guard phase == .held else { return false }
        phase = .revoked
        return true
    }

    /// Whether `release(generation:)` means what is being revoked.
    func mayRelease(_ generation: Int) -> Bool {
        phase == .revoked && generation == self.generation
    }

    /// Nothing is held any more. Returns what was still paused, to be resumed first: the pause would outlive the assignment.
    mutating func drop() -> Set<TopicPartition> {
        defer {
            phase = .none
            partitions = []
            paused = []
            progress = [:]
            ends = [:]
        }
        return paused
    }

    /// Whether records are delivered. Those of a revoked generation are dropped: their next owner reads them again.
    var delivers: Bool { phase == .held }

    func pausable(_ requested: [TopicPartition]) -> Set<TopicPartition> {
        guard phase == .held else { return [] }
        return Set(requested).intersection(partitions).subtracting(paused)
    }

    func resumable(_ requested: [TopicPartition]) -> Set<TopicPartition> {
        guard phase == .held else { return [] }
        return Set(requested).intersection(paused)
    }

    mutating func didPause(_ done: [TopicPartition]) { paused.formUnion(done) }
    mutating func didResume(_ done: [TopicPartition]) { paused.subtract(done) }

    /// The marks of this generation that move forward, one per partition.
    mutating func advance(_ marks: [OffsetMark]) -> [TopicPartition: Int64] {
        guard phase != .none else { return [:] }
        var moved: [TopicPartition: Int64] = [:]
        for mark in marks where mark.generation == generation && partitions.contains(mark.partition) {
            guard mark.next > progress[mark.partition] ?? -1 else { continue }
            progress[mark.partition] = mark.next
            moved[mark.partition] = mark.next
        }
        return moved
    }
}
