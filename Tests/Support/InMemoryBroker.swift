public import Messaging
import Synchronization
public import WorkerRuntime

/// A log with one consumer group, in memory: topics, partitions, eager rebalances with generations, committed offsets.
public final class InMemoryBroker: Sendable {
    struct Stored: Sendable {
        let key: [UInt8]?
        let value: [UInt8]?
        let headers: [RecordHeader]
        let timestamp: Int64
    }

    struct Member: Sendable {
        let id: Int
        let isBeating: @Sendable () -> Bool
        var lastBeat: Duration
        var events: [SourceEvent] = []
        /// Zero while it holds nothing.
        var generation = 0
        var partitions: [TopicPartition] = []
        var positions: [TopicPartition: Int64] = [:]
        var paused: Set<TopicPartition> = []
        var stored: [TopicPartition: Int64] = [:]
        var revokedAt: Duration?
        var isExpelled = false
    }

    struct State: Sendable {
        var logs: [TopicPartition: [Stored]] = [:]
        var partitions: [String: Int32] = [:]
        var members: [Member] = []
        var nextMember = 0
        var generation = 0
        var isRebalancing = false
        var committed: [TopicPartition: Int64] = [:]
        var low: [TopicPartition: Int64] = [:]
        var violations: [String] = []
        var hidesLogEnds = false
    }

    let state = Mutex(State())
    let clock: any RuntimeClock
    /// The topic that the group reads.
    let topic: String
    static let sessionTimeout: Duration = .seconds(9)
    static let rebalanceTimeout: Duration = .seconds(60)

    /// Asked, outside of the lock, whether the records from one offset up to another may be counted as done.
    let mayPass: @Sendable (TopicPartition, [Record]) -> String?

    public init(
        clock: any RuntimeClock, topic: String, partitions: Int32,
        mayPass: @escaping @Sendable (TopicPartition, [Record]) -> String? = { _, _ in nil }
    ) {
        self.clock = clock
        self.topic = topic
        self.mayPass = mayPass
        create(topic, partitions: partitions)
    }

    public func create(_ topic: String, partitions: Int32) {
        state.withLock { state in
            state.partitions[topic] = partitions
            for number in 0..<partitions { state.logs[TopicPartition(topic: topic, partition: number)] = [] }
        }
    }

    // MARK: Logs

    @discardableResult
    public func append(_ record: OutgoingRecord) -> (TopicPartition, Int64)? {
        let time = Int64(clock.now() / .milliseconds(1))
        return state.withLock { state in
            guard let count = state.partitions[record.topic] else { return nil }
            var hash: UInt32 = 2_166_136_261
            for byte in record.key ?? [] { hash = (hash ^ UInt32(byte)) &* 16_777_619 }
            let place = TopicPartition(topic: record.topic, partition: Int32(hash % UInt32(count)))
            state.logs[place]!.append(Stored(key: record.key, value: record.value, headers: record.headers, timestamp: time))
            return (place, Int64(state.logs[place]!.count - 1))
        }
    }

    public func records(of topic: String) -> [Record] {
        state.withLock { state in
            state.logs.keys.filter { $0.topic == topic }.sorted().flatMap { state.records($0, from: 0, limit: .max, generation: 0) }
        }
    }

    /// Records that the group has not committed.
    public var lag: Int64 {
        state.withLock { state in
            state.logs.filter { $0.key.topic == topic }.reduce(0) { $0 + Int64($1.value.count) - (state.committed[$1.key] ?? 0) }
        }
    }

    public var committed: [TopicPartition: Int64] { state.withLock { $0.committed } }
    /// What members did against the contract, or committed too early.
    public var violations: [String] { state.withLock { $0.violations } }

    func complain(_ text: String) { state.withLock { $0.violations.append(text) } }

    // MARK: The group

    func join(isBeating: @escaping @Sendable () -> Bool) -> Int {
        let now = clock.now()
        return state.withLock { state in
            state.nextMember += 1
            state.members.append(Member(id: state.nextMember, isBeating: isBeating, lastBeat: now))
            state.rebalance(at: now)
            return state.nextMember
        }
    }

    /// What the coordinator does by itself: commits what members stored, expels those that are silent, completes rebalances. To be called
    /// now and then.
    public func tick() {
        let now = clock.now()
        state.withLock { state in
            for index in state.members.indices where !state.members[index].isExpelled {
                if state.members[index].isBeating() {
                    state.members[index].lastBeat = now
                    state.commitStored(index)
                }
                let isSilent = now - state.members[index].lastBeat > Self.sessionTimeout
                let isSlow = state.members[index].revokedAt.map { now - $0 > Self.rebalanceTimeout } ?? false
                if isSilent || isSlow { state.expel(index, at: now) }
            }
            state.members.removeAll { $0.isExpelled && !$0.isBeating() && now - $0.lastBeat > .seconds(120) }
            state.completeRebalance(topic)
        }
    }

    /// Takes the partitions from everybody and deals them anew.
    public func forceRebalance() {
        let now = clock.now()
        state.withLock { $0.rebalance(at: now) }
    }

    /// Forgets how far a partition was read, and deals the partitions anew: a rebalance kept the last commits from arriving.
    public func loseCommits(of place: TopicPartition) {
        state.withLock { state in
            state.committed[place] = nil
            for index in state.members.indices { state.members[index].stored[place] = nil }
        }
        forceRebalance()
    }

    /// Whoever is given a partition from now on cannot find out where its log ends.
    public func hideLogEnds() { state.withLock { $0.hidesLogEnds = true } }

    /// Ends a member's assignment as if its session had timed out.
    public func expel(_ member: Int) {
        let now = clock.now()
        state.withLock { state in
            if let index = state.index(member) { state.expel(index, at: now) }
        }
    }
}

extension InMemoryBroker.State {
    func index(_ member: Int) -> Int? { members.firstIndex { $0.id == member } }

    func records(_ place: TopicPartition, from: Int64, limit: Int, generation: Int) -> [Record] {
        guard let log = logs[place], from < log.count else { return [] }
        return log[Int(from)...].prefix(limit).enumerated().map { index, stored in
            Record(
                source: place, offset: from + Int64(index), timestamp: stored.timestamp, key: stored.key, value: stored.value,
                headers: stored.headers, generation: generation)
        }
    }

    mutating func rebalance(at now: Duration) {
        isRebalancing = true
        for index in members.indices
        where !members[index].isExpelled && members[index].generation != 0 && members[index].revokedAt == nil {
            members[index].revokedAt = now
            members[index].events.append(.revoked(members[index].partitions, generation: members[index].generation))
        }
    }

    mutating func commitStored(_ index: Int) {
        for (place, next) in members[index].stored { committed[place] = next }
        members[index].stored = [:]
    }

    mutating func letGo(_ index: Int) {
        members[index].generation = 0
        members[index].partitions = []
        members[index].positions = [:]
        members[index].paused = []
        members[index].stored = [:]
        members[index].revokedAt = nil
    }

    mutating func expel(_ index: Int, at now: Duration) {
        members[index].isExpelled = true
        members[index].events.append(.lost(members[index].partitions, generation: members[index].generation))
        letGo(index)
        rebalance(at: now)
    }

    mutating func completeRebalance(_ topic: String) {
        guard isRebalancing, members.allSatisfy({ $0.isExpelled || $0.generation == 0 }) else { return }
        isRebalancing = false
        let present = members.indices.filter { !members[$0].isExpelled }
        guard !present.isEmpty else { return }
        generation += 1
        for (number, place) in logs.keys.filter({ $0.topic == topic }).sorted().enumerated() {
            members[present[number % present.count]].partitions.append(place)
        }
        for index in present {
            members[index].generation = generation
            var assigned: [AssignedPartition] = []
            for place in members[index].partitions {
                let start = max(committed[place] ?? 0, low[place] ?? 0)
                members[index].positions[place] = start
                assigned.append(
                    AssignedPartition(
                        partition: place, committed: committed[place], lowWatermark: low[place] ?? 0,
                        highWatermark: hidesLogEnds ? nil : Int64(logs[place]!.count)))
            }
            members[index].events.append(.assigned(assigned, generation: generation))
        }
    }
}
