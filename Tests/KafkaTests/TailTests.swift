import Kafka
import Messaging
import Testing

@Suite("Reading without a group", .serialized, .timeLimit(.minutes(2)))
struct TailTests {
    private func send(_ numbers: Range<Int>, _ producer: KafkaProducer) async throws {
        for result in await producer.send(batch: numbers.map {
            OutgoingRecord(topic: "t", key: bytes("\($0)"), value: bytes("\($0)"))
        }) { try result.get() }
    }

    private func tail(_ stage: Stage, _ start: KafkaTail.Start) throws -> KafkaTail {
        try KafkaTail(settings: stage.settings, topics: ["t"], from: start, fetchWait: .milliseconds(10), logger: stage.logger)
    }

    @Test func fromTheEndSeesOnlyWhatComesLater() async throws {
        let stage = try Stage(topics: ["t": 3])
        let producer = try stage.producer()
        try await send(0..<50, producer)
        let tail = try tail(stage, .end)
        try await tail.open()
        #expect(await tail.hasReachedEnd)
        try await send(50..<80, producer)
        var seen: Set<[UInt8]> = []
        try await reach("the later records") { seen.count == 30 } _: {
            seen.formUnion(try await tail.next(upTo: 100, wait: .milliseconds(50)).compactMap(\.value))
        }
        #expect(seen == Set((50..<80).map { bytes("\($0)") }))
        await tail.close()
        await #expect(throws: KafkaError.self) { try await tail.next(upTo: 1, wait: .zero) }
        await producer.close()
    }

    @Test func fromTheBeginningStopsAtTheEndOfOpening() async throws {
        let stage = try Stage(topics: ["t": 3])
        let producer = try stage.producer()
        try await send(0..<50, producer)
        let tail = try tail(stage, .beginning)
        try await tail.open()
        try await send(50..<80, producer)
        let records = try await tail.readToEnd(upTo: 1000, within: .seconds(10))
        #expect(Set(records.compactMap(\.value)) == Set((0..<50).map { bytes("\($0)") }))
        #expect(try await stage.readAll("t").count == 80)
        await tail.close()
        await producer.close()
    }

    @Test func fromOffsets() async throws {
        let stage = try Stage(topics: ["t": 3])
        let producer = try stage.producer()
        try await send(0..<90, producer)
        let all = try await stage.readAll("t")
        let source = TopicPartition(topic: "t", partition: 1)
        let tail = try tail(stage, .offsets([source: 4]))
        let records = try await tail.readToEnd(upTo: 1000, within: .seconds(10))
        #expect(records == all.filter { $0.source == source && $0.offset >= 4 })
        #expect(records.count > 5)
        await tail.close()
        await producer.close()
    }

    @Test func anEmptyTopicAndALimit() async throws {
        let stage = try Stage(topics: ["t": 2, "empty": 2])
        #expect(try await stage.readAll("empty").isEmpty)
        let producer = try stage.producer()
        try await send(0..<30, producer)
        let some = try await KafkaTail.readAll(
            "t", settings: stage.settings, upTo: 7, fetchWait: .milliseconds(10), logger: stage.logger)
        #expect(some.count == 7)
        await producer.close()
    }
}
