import Kafka
import Messaging
import Testing

@Suite("Pausing neither loses nor repeats", .serialized, .timeLimit(.minutes(3)))
struct PauseTests {
    @Test func pausedAgainAndAgain() async throws {
        let cluster = try TestCluster(topics: ["t": 2])
        let producer = try cluster.producer()
        let member = Member(try cluster.consumer("g", "t"))
        // Paused before anything was ever delivered.
        try await reach("assignment") {
            await member.assigned.count == 2
        } _: {
            try await member.step()
        }
        let partitions = await member.assigned.sorted()
        await member.source.pause(partitions)
        let total = 20_000
        for start in stride(from: 0, to: total, by: 1000) {
            let batch = (start..<start + 1000).map { OutgoingRecord(topic: "t", key: bytes("\($0)"), value: bytes("\($0)")) }
            for result in await producer.send(batch: batch) { try result.get() }
        }
        for _ in 0..<3 { try await member.step() }
        #expect(await member.records.isEmpty)
        await member.source.resume(partitions)
        // Resuming what is not paused must not rewind.
        await member.source.resume(partitions)
        var round = 0
        try await reach("everything") {
            await member.records.count >= total
        } _: {
            try await member.step()
            round += 1
            let some = [partitions[round % 2]]
            await member.source.pause(some)
            await member.source.pause(some)
            if round % 3 == 0 { try await member.step() }
            await member.source.resume(some)
            await member.source.resume(partitions)
        }
        for _ in 0..<3 { try await member.step() }
        #expect(await member.records.count == total)
        for (_, group) in Dictionary(grouping: await member.records, by: \.source) {
            let isComplete = group.map(\.offset) == Array(0..<Int64(group.count))
            #expect(isComplete)
        }
        #expect(round > 20, "expected many pauses, had \(round)")
        await member.source.close()
        await producer.close()
    }

    @Test func aPauseEndsWithItsAssignment() async throws {
        let cluster = try TestCluster(topics: ["t": 1])
        let producer = try cluster.producer()
        let member = Member(try cluster.consumer("g", "t"))
        try await reach("assignment") {
            await member.assigned.count == 1
        } _: {
            try await member.step()
        }
        await member.source.pause([TopicPartition(topic: "t", partition: 0)])
        try await producer.send(OutgoingRecord(topic: "t", key: nil, value: bytes("x")))
        try cluster.broker.fail(.heartbeat, with: [.illegalGeneration])
        try await reach("the new assignment's record") {
            await member.records.count == 1
        } _: {
            try await member.step()
        }
        #expect(await member.generation == 2)
        await member.source.close()
        await producer.close()
    }

    @Test func anotherCallCutsAWaitShort() async throws {
        let cluster = try TestCluster(topics: ["t": 1])
        let consumer = try cluster.consumer("g", "t")
        let clock = ContinuousClock()
        let start = clock.now
        let waiting = Task {
            _ = try await consumer.next(upTo: 1, wait: .seconds(60))
            return clock.now - start
        }
        // The first of these may come before the wait begins; a later one meets it.
        let calls = Task { while !Task.isCancelled { _ = await consumer.lag() } }
        let waited = try await waiting.value
        calls.cancel()
        // Joining the group, the only thing to report, takes longer.
        #expect(waited < .seconds(2))
        await consumer.close()
    }
}
