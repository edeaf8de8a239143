import Faults
import Kafka
import Messaging
import Testing

/// The clients behind a proxy that breaks their wires.
@Suite("Clients outlast a broken wire; starts brokers and proxies of its own", .serialized, .timeLimit(.minutes(4)))
struct WireFaultTests {
    /// A cluster and clients that know only the way through the proxy.
    struct Behind {
        let cluster: TestCluster
        let proxy: KafkaFaultProxy
        let settings: KafkaSettings

        init(brokers: Int = 1, topics: [String: Int] = ["t": 2]) async throws {
            cluster = try TestCluster(brokers: brokers, topics: topics)
            proxy = try await KafkaFaultProxy(before: cluster.broker.bootstrapServers)
            settings = KafkaSettings(
                brokers: proxy.bootstrapServers, properties: ["heartbeat.interval.ms": "300", "reconnect.backoff.max.ms": "200"])
        }

        func producer(timeout: Duration? = nil) throws -> KafkaProducer {
            try KafkaProducer(settings: settings, messageTimeout: timeout, linger: .milliseconds(1), logger: cluster.logger)
        }

        func member() throws -> Member {
            Member(try KafkaConsumer(settings: settings, group: "g", topics: ["t"], fetchWait: .milliseconds(10), logger: cluster.logger))
        }
    }

    private func record(_ number: Int, topic: String = "t") -> OutgoingRecord {
        OutgoingRecord(topic: topic, key: bytes("\(number % 5)"), value: bytes("\(number)"))
    }

    private func send(_ numbers: Range<Int>, _ producer: KafkaProducer) async throws {
        for result in await producer.send(batch: numbers.map { record($0) }) { try result.get() }
    }

    private func numbers(_ records: [Record]) -> [Int] {
        records.compactMap { $0.value.flatMap { Int(String(decoding: $0, as: UTF8.self)) } }
    }

    @Test func clientsStayBehindTheProxyWhateverItDoes() async throws {
        let behind = try await Behind(brokers: 2, topics: ["t": 4])
        let producer = try behind.producer(), member = try behind.member()
        try await send(0..<40, producer)
        try await reach("the first") {
            Set(numbers(await member.records)) == Set(0..<40)
        } _: {
            try await member.step()
        }

        behind.proxy.refuseConnections()
        behind.proxy.resetConnections()
        async let cut: Void = send(40..<80, producer)
        try await reach("that they try in vain") {
            behind.proxy.counts.refused > 0 && producer.inFlight == 40
        } _: {
            try await member.step()
        }
        behind.proxy.heal()
        try await cut
        try await reach("what waited") {
            Set(numbers(await member.records)) == Set(0..<80)
        } _: {
            try await member.step()
        }

        behind.proxy.impose(.blackHole)
        async let swallowed: Void = send(80..<120, producer)
        try await reach("that it waits") {
            behind.proxy.counts.heldBytes > 0 && producer.inFlight == 40
        } _: {
            try await member.step()
        }
        behind.proxy.heal()
        try await swallowed
        try await reach("what was swallowed") {
            Set(numbers(await member.records)) == Set(0..<120)
        } _: {
            try await member.step()
        }

        for count in [0, 3, 100, 1000] {
            for direction in WireDirection.allCases { behind.proxy.impose(.cutAfter(bytes: count), on: direction) }
            try await send(120 + count..<130 + count, producer)
        }
        try await reach("what was cut") {
            Set(numbers(await member.records)).isSuperset(of: 1120..<1130)
        } _: {
            try await member.step()
        }
        behind.proxy.impose(.delayed(.milliseconds(100)))
        try await send(2000..<2010, producer)
        try await reach("what was delayed") {
            Set(numbers(await member.records)).isSuperset(of: 2000..<2010)
        } _: {
            try await member.step()
        }
        behind.proxy.heal()

        let all = Set(0..<120).union([0, 3, 100, 1000].flatMap { 120 + $0..<130 + $0 }).union(2000..<2010)
        #expect(Set(numbers(try await behind.cluster.readAll("t"))) == all)
        await member.source.close()
        await producer.close()
        await behind.proxy.stop()
    }

    /// The record is in the log, its sender does not know and sends it again: a second copy is allowed, a missing one is not.
    @Test func aLostAcknowledgementLosesNothing() async throws {
        let behind = try await Behind(topics: ["t": 1])
        let producer = try behind.producer()
        try await producer.warm(topics: ["t"])
        behind.proxy.loseAnswers(to: .produce, next: 5)
        for start in stride(from: 0, to: 100, by: 10) { try await send(start..<start + 10, producer) }
        // Two on one connection are lost with one cut.
        #expect(behind.proxy.counts.messages == 5 && (1...5).contains(behind.proxy.counts.cut))
        let read = numbers(try await behind.cluster.readAll("t"))
        var seen: Set<Int> = []
        #expect(read.filter { seen.insert($0).inserted } == Array(0..<100), "in order, but for copies")
        #expect(read.count <= 100 + 5 * 10)
        await producer.close()
        await behind.proxy.stop()
    }

    @Test(arguments: [KafkaFaultProxy.Request.offsetCommit, .heartbeat, .joinGroup, .syncGroup, .fetch])
    func aLostAnswerIsAskedForAgain(_ request: KafkaFaultProxy.Request) async throws {
        let behind = try await Behind()
        let producer = try behind.producer()
        behind.proxy.loseAnswers(to: request, next: 2)
        let member = try behind.member()
        try await send(0..<20, producer)
        try await reach("the records") {
            Set(numbers(await member.records)) == Set(0..<20)
        } _: {
            try await member.step()
        }
        try await reach("the losses") {
            behind.proxy.counts.messages == 2
        } _: {
            let next = 20 + Int.random(in: 0..<1_000_000)
            try await send(next..<next + 1, producer)
            try await member.step()
        }
        try await send(2_000_000..<2_000_010, producer)
        try await reach("what came later") {
            Set(numbers(await member.records)).isSuperset(of: 2_000_000..<2_000_010)
        } _: {
            try await member.step()
        }
        let admin = try KafkaAdmin(settings: behind.cluster.settings, logger: behind.cluster.logger)
        try await reach("the commit") {
            try await admin.lag(group: "g", topics: ["t"]).values.allSatisfy { $0 == 0 }
        } _: {
            try await member.step()
        }
        await admin.close()
        await member.source.close()
        await producer.close()
        await behind.proxy.stop()
    }

    /// A partition whose committed offset could not be had at once is read nevertheless, and from there.
    @Test(arguments: [1, 2, 4]) func anAssignmentOutlastsACoordinatorThatJustMoved(_ refusals: Int) async throws {
        let behind = try await Behind()
        let producer = try behind.producer()
        try await send(0..<20, producer)
        let first = try behind.member()
        try await reach("the records") {
            Set(numbers(await first.records)) == Set(0..<20)
        } _: {
            try await first.step()
        }
        await first.source.close()
        behind.proxy.refuseOffsetQuestions(next: refusals)
        let second = try behind.member()
        try await send(20..<40, producer)
        try await reach("the records that the first has not read") {
            Set(numbers(await second.records)).isSuperset(of: 20..<40)
        } _: {
            try await second.step()
        }
        #expect(behind.proxy.counts.messages == refusals)
        #expect(await second.records.count == 20, "read on from what was committed")
        await second.source.close()
        await producer.close()
        await behind.proxy.stop()
    }

    @Test func aTopicThatRefusesConcernsNoOther() async throws {
        let behind = try await Behind(topics: ["t": 1, "dead": 1])
        let producer = try behind.producer()
        try await producer.warm(topics: ["t", "dead"])
        behind.proxy.refuseRecords(to: "dead", with: .notEnoughReplicas)
        async let waiting: Void = producer.send(record(1, topic: "dead"))
        try await reach("the refusals") { behind.proxy.counts.messages >= 2 }
        try await send(0..<10, producer)
        #expect(producer.inFlight == 1)
        #expect(try await behind.cluster.readAll("dead").isEmpty)
        behind.proxy.refuseRecords(to: "dead", with: nil)
        try await waiting
        behind.proxy.refuseRecords(to: "dead", with: .topicAuthorizationFailed)
        let error = await #expect(throws: SinkError.self) { try await producer.send(record(2, topic: "dead")) }
        #expect(error?.reason.blamesRecord == true, "the topic was refused, others were not")
        behind.proxy.heal()
        try await reach("the topic") { (try? await producer.send(record(3, topic: "dead"))) != nil }
        #expect(numbers(try await behind.cluster.readAll("dead")) == [1, 3])
        #expect(numbers(try await behind.cluster.readAll("t")) == Array(0..<10))
        await producer.close()
        await behind.proxy.stop()
    }
}
