import Kafka
import Messaging
import Testing

/// Joining a group takes the embedded broker three seconds, so these suites are slow.
@Suite("A consumer group loses nothing", .serialized, .timeLimit(.minutes(3)))
struct ConsumerGroupTests {
    @Test func rebalanceBetweenTwoMembers() async throws {
        let cluster = try TestCluster(topics: ["t": 4])
        let producer = try cluster.producer()
        let first = Member(try cluster.consumer("g", "t"))
        try await reach("first assignment") {
            await first.assigned.count == 4
        } _: {
            try await first.step()
        }
        let total = 3000
        try await send(0..<1000, by: producer)
        let admin = try KafkaAdmin(settings: cluster.settings, logger: cluster.logger)
        // The embedded broker, unlike others, refuses commits while a group rebalances.
        try await reach("a commit") {
            try await admin.lag(group: "g", topics: ["t"]).values.allSatisfy { $0 == 0 }
        } _: {
            try await first.step()
        }
        await admin.close()

        let second = Member(try cluster.consumer("g", "t"))
        // The first goes on reading without releasing for a while: the revocation waits for it.
        try await reach("revocation") {
            await first.assigned.isEmpty
        } _: {
            try await first.step(releasing: false)
            try await second.step()
        }
        let revoked = await first.events.compactMap { event -> Int? in
            if case .revoked(_, let generation) = event { generation } else { nil }
        }
        #expect(revoked == [1])
        try await send(1000..<2000, by: producer)
        await first.source.release(generation: 0)
        let before = await first.records.count
        for _ in 0..<5 {
            try await first.step()
            try await second.step()
        }
        #expect(await first.records.count == before, "a revoked generation yields no records")
        #expect(await second.assigned.isEmpty, "the second member gets nothing before the first releases")
        await first.source.release(generation: 1)
        try await reach("both assigned", within: .seconds(60)) {
            await (first.assigned.count, second.assigned.count) == (2, 2)
        } _: {
            try await first.step()
            try await second.step()
        }
        #expect(await first.assigned.isDisjoint(with: second.assigned))

        try await send(2000..<total, by: producer)
        try await reach("everything") {
            await Set((first.records + second.records).compactMap(\.value)).count == total
        } _: {
            try await first.step()
            try await second.step()
        }
        let all = await first.records + second.records
        // Everything read was committed before the rebalance, so nothing was read twice either. On a busy machine the embedded broker throws members
        // out, because its answer to a join leaves them a second of their session: then there are further rebalances, and it refuses commits meanwhile.
        let wasCalm = await (first.generation, second.generation) == (2, 1)
        #expect(!wasCalm || all.count == total)
        for records in [await first.records, await second.records] {
            for (_, group) in Dictionary(grouping: records, by: { [Int($0.source.partition), $0.generation] }) {
                let isInOrder = zip(group, group.dropFirst()).allSatisfy { $0.offset < $1.offset }
                #expect(isInOrder)
            }
        }
        await first.source.close()
        try await reach("taking over") {
            await second.assigned.count == 4
        } _: {
            try await second.step()
        }
        await second.source.close()
        await producer.close()
    }

    @Test func progressSurvivesARestartAndStaleMarksDoNot() async throws {
        let cluster = try TestCluster(topics: ["t": 1])
        let producer = try cluster.producer()
        try await send(0..<100, by: producer)
        let source = TopicPartition(topic: "t", partition: 0)
        let first = Member(try cluster.consumer("g", "t"))
        try await reach("all read") {
            await first.records.count == 100
        } _: {
            try await first.step(storing: false)
        }
        guard case .assigned(let assigned, generation: 1) = await first.events.first(where: { if case .assigned = $0 { true } else { false } })
        else { Issue.record("expected an assignment of generation 1"); return }
        #expect(assigned == [AssignedPartition(partition: source, committed: nil, lowWatermark: 0, highWatermark: 100)])
        #expect(await first.source.lag() == [source: 100])
        await first.source.store([
            OffsetMark(partition: source, next: 40, generation: 1),
            OffsetMark(partition: source, next: 90, generation: 2),
            OffsetMark(partition: source, next: 95, generation: 0),
            OffsetMark(partition: TopicPartition(topic: "t", partition: 7), next: 95, generation: 1),
            OffsetMark(partition: source, next: 30, generation: 1)
        ])
        #expect(await first.source.lag() == [source: 60])
        await first.source.close()
        await #expect(throws: KafkaError.self) { try await first.source.next(upTo: 1, wait: .zero) }

        let admin = try KafkaAdmin(settings: cluster.settings, logger: cluster.logger)
        #expect(try await admin.committed(group: "g", partitions: [source]) == [source: 40])
        #expect(try await admin.lag(group: "g", topics: ["t"]) == [source: 60])
        await admin.close()

        let second = Member(try cluster.consumer("g", "t"))
        try await reach("the rest") {
            await second.records.count >= 60
        } _: {
            try await second.step()
        }
        #expect(await second.records.map(\.offset) == Array(40..<100))
        await second.source.close()
        await producer.close()
    }

    /// As when a topic was made anew and its groups were not.
    @Test func progressBehindTheEndOfTheLogIsNone() async throws {
        let cluster = try TestCluster(topics: ["t": 1])
        let producer = try cluster.producer()
        try await send(0..<6, by: producer)
        let source = TopicPartition(topic: "t", partition: 0)
        let first = Member(try cluster.consumer("g", "t"))
        try await reach("an assignment") {
            await first.generation == 1
        } _: {
            try await first.step(storing: false)
        }
        await first.source.store([OffsetMark(partition: source, next: 50, generation: 1)])
        await first.source.close()

        let second = Member(try cluster.consumer("g", "t"))
        try await reach("all read") {
            await second.records.count == 6
        } _: {
            try await second.step()
        }
        let known = AssignedPartition(partition: source, committed: nil, lowWatermark: 0, highWatermark: 6)
        #expect(await second.events.contains(.assigned([known], generation: 1)))
        #expect(await second.events.contains { if case .trouble("OFFSET_OUT_OF_RANGE", _) = $0 { true } else { false } })
        await second.source.close()
        let admin = try KafkaAdmin(settings: cluster.settings, logger: cluster.logger)
        #expect(try await admin.committed(group: "g", partitions: [source]) == [source: 6])
        await admin.close()
        await producer.close()
    }

    @Test func closingWithRecordsStillQueued() async throws {
        let cluster = try TestCluster(topics: ["t": 4])
        let producer = try cluster.producer()
        try await send(0..<20_000, by: producer)
        let member = Member(try cluster.consumer("g", "t"))
        try await reach("first records") {
            await !member.records.isEmpty
        } _: {
            try await member.step()
        }
        #expect(await member.records.count < 20_000)
        let start = ContinuousClock.now
        await member.source.close()
        #expect(ContinuousClock.now - start < .seconds(10))
        await producer.close()
    }

    @Test func anOutageIsReportedAndOutlasted() async throws {
        let cluster = try TestCluster(topics: ["t": 1])
        let producer = try cluster.producer()
        try await send(0..<10, by: producer)
        let member = Member(try cluster.consumer("g", "t"))
        try await reach("records") {
            await member.records.count == 10
        } _: {
            try await member.step()
        }
        try cluster.broker.takeDown()
        try await reach("trouble") {
            await member.events.contains { if case .trouble = $0 { true } else { false } }
        } _: {
            try await member.step()
        }
        try cluster.broker.bringUp()
        try await send(10..<20, by: producer)
        try await reach("later records") {
            await Set(member.records.map(\.offset)).count == 20
        } _: {
            try await member.step()
        }
        await member.source.close()
        await producer.close()
    }

    @Test func offsetsAreCommittedInTheBackground() async throws {
        let cluster = try TestCluster(topics: ["t": 1])
        let producer = try cluster.producer()
        try await send(0..<10, by: producer)
        let member = Member(try cluster.consumer("g", "t"))
        let admin = try KafkaAdmin(settings: cluster.settings, logger: cluster.logger)
        try await reach("a commit") {
            try await admin.lag(group: "g", topics: ["t"]).values.first == 0
        } _: {
            try await member.step()
        }
        await member.source.close()
        await admin.close()
        await producer.close()
    }

    @Test func aKilledMembersRecordsAreReadAgain() async throws {
        let cluster = try TestCluster(topics: ["t": 1], properties: ["session.timeout.ms": "6000"])
        let producer = try cluster.producer()
        try await send(0..<20, by: producer)
        do {
            // Dropped without closing, having stored nothing.
            let killed = Member(try cluster.consumer("g", "t"))
            try await reach("all read") {
                await killed.records.count == 20
            } _: {
                try await killed.step(storing: false)
            }
        }
        let heir = Member(try cluster.consumer("g", "t"))
        try await reach("all read again") {
            await heir.records.count == 20
        } _: {
            try await heir.step()
        }
        await heir.source.close()
        await producer.close()
    }

    @Test func aLostAssignmentStoresNothing() async throws {
        let cluster = try TestCluster(topics: ["t": 1])
        let producer = try cluster.producer()
        try await send(0..<20, by: producer)
        let member = Member(try cluster.consumer("g", "t"))
        try await reach("all read") {
            await member.records.count == 20
        } _: {
            try await member.step(storing: false)
        }
        try cluster.broker.fail(.heartbeat, with: [.illegalGeneration])
        try await reach("loss") {
            await member.events.contains { if case .lost(_, generation: 1) = $0 { true } else { false } }
        } _: {
            try await member.step()
        }
        await member.source.store([
            OffsetMark(partition: TopicPartition(topic: "t", partition: 0), next: 20, generation: 1)
        ])
        try await reach("redelivery") {
            await member.records.count == 40
        } _: {
            try await member.step(storing: false)
        }
        #expect(await member.generation == 2)
        await member.source.close()
        await producer.close()
    }

    private func send(_ numbers: Range<Int>, by producer: KafkaProducer) async throws {
        for result in await producer.send(
            batch: numbers.map {
                OutgoingRecord(topic: "t", key: bytes("k\($0)"), value: bytes("\($0)"))
            })
        { try result.get() }
    }
}
