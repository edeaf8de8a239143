public import Messaging
import Synchronization
import WorkerRuntime

/// A member of the broker's group.
public struct InMemorySource: RecordSource {
    let broker: InMemoryBroker
    public let member: Int
    let weather: TwinWeather

    /// - Parameter isBeating: whether the process shows signs of life now.
    public init(_ broker: InMemoryBroker, isBeating: @escaping @Sendable () -> Bool = { true }, weather: @escaping TwinWeather = { _, _ in nil }) {
        self.broker = broker
        self.weather = weather
        member = broker.join(isBeating: isBeating)
    }

    public func next(upTo limit: Int, wait: Duration) async throws -> [SourceEvent] {
        _ = await weather(.poll, false)
        let first = take(limit)
        if !first.isEmpty { return first }
        await broker.clock.sleep(for: wait)
        return take(limit)
    }

    private func take(_ limit: Int) -> [SourceEvent] {
        let now = broker.clock.now()
        return broker.state.withLock { state in
            state.completeRebalance(broker.topic)
            guard let index = state.index(member) else { return [] }
            var events = state.members[index].events
            state.members[index].events = []
            if state.members[index].isExpelled {
                // It learns of it now, and joins again.
                state.members[index].isExpelled = false
                state.members[index].lastBeat = now
                state.rebalance(at: now)
                return events
            }
            // Records follow their assignment in a later answer at the earliest.
            guard events.isEmpty, state.members[index].revokedAt == nil else { return events }
            var left = limit
            var records: [Record] = []
            for place in state.members[index].partitions where !state.members[index].paused.contains(place) {
                let position = state.members[index].positions[place]!
                let found = state.records(place, from: position, limit: left, generation: state.members[index].generation)
                state.members[index].positions[place] = position + Int64(found.count)
                left -= found.count
                records.append(contentsOf: found)
            }
            if !records.isEmpty { events.append(.records(records)) }
            return events
        }
    }

    public func pause(_ partitions: [TopicPartition]) async {
        _ = await weather(.pause, false)
        broker.state.withLock { state in
            // Before a new assignment is heard of, a pause means the old one and ends with it.
            if let index = state.index(member), state.members[index].events.isEmpty { state.members[index].paused.formUnion(partitions) }
        }
    }

    public func resume(_ partitions: [TopicPartition]) async {
        _ = await weather(.pause, false)
        broker.state.withLock { state in
            if let index = state.index(member) { state.members[index].paused.subtract(partitions) }
        }
    }

    public func store(_ marks: [OffsetMark]) async {
        _ = await weather(.store, false)
        for mark in marks {
            let passed: [Record] = broker.state.withLock { state in
                guard let index = state.index(member), state.members[index].generation == mark.generation,
                    state.members[index].partitions.contains(mark.partition)
                else { return [] }
                let before = state.members[index].stored[mark.partition] ?? state.committed[mark.partition] ?? 0
                if mark.next < before { state.violations.append("\(mark.partition): stored \(mark.next) after \(before)") }
                if mark.next > state.members[index].positions[mark.partition]! {
                    state.violations.append("\(mark.partition): stored \(mark.next), which was not delivered")
                }
                state.members[index].stored[mark.partition] = mark.next
                return state.records(mark.partition, from: before, limit: max(0, Int(mark.next - before)), generation: mark.generation)
            }
            if let complaint = broker.mayPass(mark.partition, passed) { broker.complain(complaint) }
        }
        _ = await weather(.store, true)
    }

    public func release(generation: Int) async {
        _ = await weather(.release, false)
        broker.state.withLock { state in
            guard let index = state.index(member), state.members[index].generation == generation else { return }
            state.commitStored(index)
            state.letGo(index)
            state.completeRebalance(broker.topic)
        }
        _ = await weather(.release, true)
    }

    public func close() async {
        _ = await weather(.close, false)
        let now = broker.clock.now()
        broker.state.withLock { state in
            guard let index = state.index(member) else { return state.violations.append("closed twice") }
            state.commitStored(index)
            state.members.remove(at: index)
            state.rebalance(at: now)
            state.completeRebalance(broker.topic)
        }
    }
}

/// The broker's topics as a sink. The weather says for each record whether it is refused, or appended without an acknowledgement.
public struct InMemorySink: RecordSink {
    let broker: InMemoryBroker
    let weather: TwinWeather
    let refuses: @Sendable (OutgoingRecord) -> SinkError?

    public init(
        _ broker: InMemoryBroker, weather: @escaping TwinWeather = { _, _ in nil },
        refuses: @escaping @Sendable (OutgoingRecord) -> SinkError? = { _ in nil }
    ) {
        self.broker = broker
        self.weather = weather
        self.refuses = refuses
    }

    public func send(_ record: OutgoingRecord) async throws(SinkError) {
        if await weather(.send, false) != nil { throw SinkError(.failed, topic: record.topic, detail: "refused") }
        if let refusal = refuses(record) { throw refusal }
        guard broker.append(record) != nil else { throw SinkError(.unknownTopic, topic: record.topic, detail: "no such topic") }
        if await weather(.send, true) != nil { throw SinkError(.timedOut, topic: record.topic, detail: "appended, not acknowledged") }
    }

    public func send(batch: [OutgoingRecord]) async -> [Result<Void, SinkError>] {
        var answers: [Result<Void, SinkError>] = []
        for record in batch {
            do throws(SinkError) { answers.append(.success(try await send(record))) } catch { answers.append(.failure(error)) }
        }
        return answers
    }
}
