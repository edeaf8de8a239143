import Kafka
import Messaging
import Testing

@Suite("Reading without a group", .serialized, .timeLimit(.minutes(2)))
struct TailTests {
    private func send(_ numbers: Range<Int>, _ producer: KafkaProducer) async throws {
        for result in await producer.send(
            batch: numbers.map {
                OutgoingRecord(topic: "t", key: bytes("\($0)"), value: bytes("\($0)"))
            })
        { try result.get() }
    }

    private func tail(_ cluster: TestCluster, _ start: KafkaTail.Start) throws -> KafkaTail {
        try KafkaTail(settings: cluster.settings, topics: ["t"], from: start, fetchWait: .milliseconds(10), logger: cluster.logger)
    }

    @Test func fromTheEndSeesOnlyWhatComesLater() async throws {
        let cluster = try TestCluster(topics: ["t": 3])
        let producer = try cluster.producer()
        try await send(0..<50, producer)
        let tail = try tail(cluster, .end)
        try await tail.open()
        #expect(await tail.hasReachedEnd)
        try await send(50..<80, producer)
        var seen: Set<[UInt8]> = []
        try await reach("the later records") {
            seen.count == 30
        } _: {
            seen.formUnion(try await tail.next(upTo: 100, wait: .milliseconds(50)).compactMap(\.value))
        }
        #expect(seen == Set((50..<80).map { bytes("\($0)") }))
        await tail.close()
        await #expect(throws: KafkaError.self) { try await tail.next(upTo: 1, wait: .zero) }
        await producer.close()
    }

    @Test func fromTheBeginningStopsAtTheEndOfOpening() async throws {
        let cluster = try TestCluster(topics: ["t": 3])
        let producer = try cluster.producer()
        try await send(0..<50, producer)
        let tail = try tail(cluster, .beginning)
        try await tail.open()
        try await send(50..<80, producer)
        let records = try await tail.readToEnd(upTo: 1000, within: .seconds(10))
        #expect(Set(records.compactMap(\.value)) == Set((0..<50).map { bytes("\($0)") }))
        #expect(try await cluster.readAll("t").count == 80)
        await tail.close()
        await producer.close()
    }

    @Test func fromOffsets() async throws {
        let cluster = try TestCluster(topics: ["t": 3])
        let producer = try cluster.producer()
        try await send(0..<90, producer)
        let all = try await cluster.readAll("t")
        let source = TopicPartition(topic: "t", partition: 1)
        let tail = try tail(cluster, .offsets([source: 4]))
        let records = try await tail.readToEnd(upTo: 1000, within: .seconds(10))
        #expect(records == all.filter { $0.source == source && $0.offset >= 4 })
        #expect(records.count > 5)
        await tail.close()
        await producer.close()
    }

    @Test func anOutageAtTheStartIsWaitedOut() async throws {
        let cluster = try TestCluster(topics: ["t": 1])
        let producer = try cluster.producer()
        try await send(0..<5, producer)
        try cluster.broker.takeDown()
        let tail = try tail(cluster, .beginning)
        #expect(try await tail.next(upTo: 10, wait: .milliseconds(100)).isEmpty)
        #expect(await !tail.hasReachedEnd)
        try cluster.broker.bringUp()
        var records: [Record] = []
        try await reach("the records") {
            records.count == 5
        } _: {
            records += try await tail.next(upTo: 10, wait: .milliseconds(100))
        }
        #expect(await tail.hasReachedEnd)
        await tail.close()
        await producer.close()
    }

    @Test func anEmptyTopicAndALimit() async throws {
        let cluster = try TestCluster(topics: ["t": 2, "empty": 2])
        #expect(try await cluster.readAll("empty").isEmpty)
        let producer = try cluster.producer()
        try await send(0..<30, producer)
        let some = try await KafkaTail.readAll(
            "t", settings: cluster.settings, upTo: 7, fetchWait: .milliseconds(10), logger: cluster.logger)
        #expect(some.count == 7)
        await producer.close()
    }
}
