@testable import Kafka
import Messaging
import Synchronization
import Testing

@Suite("A producer tells each sender the truth", .serialized, .timeLimit(.minutes(2)))
struct SinkTests {
    private func record(_ text: String = "x", topic: String = "t") -> OutgoingRecord {
        OutgoingRecord(topic: topic, key: bytes(text), value: bytes(text))
    }

    private func reason(_ body: () async throws(SinkError) -> Void) async -> SinkError.Reason? {
        do throws(SinkError) {
            try await body()
            return nil
        } catch {
            return error.reason
        }
    }

    /// What many senders were told.
    private final class Answers: Sendable {
        let all = Mutex<[SinkError.Reason?]>([])
        var count: Int { all.withLock { $0.count } }
    }

    @Test func anOversizedRecordIsRefused() async throws {
        let cluster = try TestCluster(topics: ["t": 1])
        let producer = try cluster.producer()
        let large = OutgoingRecord(topic: "t", key: nil, value: Array(repeating: 1, count: 2_000_000))
        #expect(await reason { () throws(SinkError) in try await producer.send(large) } == .tooLarge)
        let results = await producer.send(batch: [record(), large, record()])
        let reasons = results.map { result -> SinkError.Reason? in
            if case .failure(let error) = result { error.reason } else { nil }
        }
        #expect(reasons == [nil, .tooLarge, nil])
        await producer.close()
    }

    @Test func aRecordLargerThanTheQueueIsRefusedInsteadOfWaitingForEver() async throws {
        let cluster = try TestCluster(topics: ["t": 1])
        let producer = try cluster.producer(queueLimit: 100)
        let large = OutgoingRecord(topic: "t", key: nil, value: Array(repeating: 1, count: 500_000))
        #expect(await reason { () throws(SinkError) in try await producer.send(large) } == .tooLarge)
        try await producer.send(record())
        await producer.close()
    }

    @Test func runningEndsWithClosing() async throws {
        let cluster = try TestCluster(topics: ["t": 1])
        let producer = try cluster.producer()
        let service = Task { try await producer.run() }
        try await producer.send(record())
        service.cancel()
        try await service.value
        #expect(await reason { () throws(SinkError) in try await producer.send(record()) } == .closed)
    }

    /// What the library takes for appended is not acknowledged before a broker says where it lies.
    @Test(arguments: [1, 5]) func anAcknowledgementWithoutAPlaceInTheLogIsNone(_ count: Int) async throws {
        let cluster = try TestCluster(topics: ["t": 1])
        let producer = try cluster.producer()
        for number in 1...10 { try await producer.send(record("\(number)")) }
        try cluster.broker.fail(.produce, with: [.duplicateSequence])
        let results = await producer.send(batch: (1...count).map { record("again \($0)") })
        for result in results {
            guard case .failure(let error) = result else {
                Issue.record("acknowledged, and not in the log")
                continue
            }
            #expect(error.reason == .interrupted)
        }
        // The producer lives, and what is sent again is there once.
        for result in await producer.send(batch: (1...count).map { record("again \($0)") }) { try result.get() }
        #expect(try await cluster.readAll("t").count == 10 + count)
        await producer.close()
    }

    @Test func theBrokersRefusalIsPassedOn() async throws {
        let cluster = try TestCluster(topics: ["t": 1])
        let producer = try cluster.producer()
        try await producer.warm(topics: ["t"])
        try cluster.broker.fail(.produce, with: [.messageTooLarge])
        #expect(await reason { () throws(SinkError) in try await producer.send(record()) } == .tooLarge)
        try await producer.send(record())
        await producer.close()
    }

    @Test func aBrokerThatIsAwayTimesOutAndComesBack() async throws {
        let cluster = try TestCluster(topics: ["t": 1])
        let producer = try cluster.producer(timeout: .milliseconds(1500))
        try await producer.send(record("before"))
        try cluster.broker.takeDown()
        #expect(await reason { () throws(SinkError) in try await producer.send(record("lost")) } == .timedOut)
        try cluster.broker.bringUp()
        try await reach("a send after the outage") {
            await reason { () throws(SinkError) in try await producer.send(record("after")) } == nil
        }
        #expect(try await cluster.readAll("t").compactMap(\.value).contains(bytes("after")))
        await producer.close()
    }

    @Test func withoutATimeOutASendOutlastsAnOutage() async throws {
        let cluster = try TestCluster(topics: ["t": 1])
        let producer = try cluster.producer(timeout: nil)
        try await producer.send(record("before"))
        try cluster.broker.takeDown()
        async let sent: Void = producer.send(record("during"))
        try await reach("the send being under way") { producer.inFlight == 1 }
        try cluster.broker.bringUp()
        try await sent
        #expect(try await cluster.readAll("t").map(\.value) == [bytes("before"), bytes("during")])
        await producer.close()
    }

    @Test func lostAnswersDoNotDuplicate() async throws {
        let cluster = try TestCluster(topics: ["t": 1])
        let producer = try cluster.producer()
        try await producer.warm(topics: ["t"])
        try cluster.broker.fail(.produce, with: [.disconnect, .requestTimedOut, .notLeaderForPartition])
        for number in 0..<20 { try await producer.send(record("\(number)")) }
        #expect(try await cluster.readAll("t").map(\.value) == (0..<20).map { bytes("\($0)") })
        await producer.close()
    }

    @Test func aFullQueuePushesBack() async throws {
        let cluster = try TestCluster(topics: ["t": 1])
        let producer = try cluster.producer(properties: ["queue.buffering.max.messages": "50"])
        try await producer.warm(topics: ["t"])
        try cluster.broker.setRoundTrip(.milliseconds(50))
        let batch = (0..<1000).map { record("\($0)") }
        for result in await producer.send(batch: batch) { try result.get() }
        #expect(producer.inFlight == 0)
        try cluster.broker.setRoundTrip(.zero)
        #expect(try await cluster.readAll("t").map(\.value) == batch.map(\.value))
        await producer.close()
    }

    /// For callers whose own callers do not wait: with the log away they learn it at once, and nothing piles up.
    @Test(arguments: [["queue.buffering.max.messages": "10"], ["queue.buffering.max.kbytes": "100"]])
    func aFullQueueIsSaidAtOnceToWhoDoesNotWait(properties: [String: String]) async throws {
        let cluster = try TestCluster(topics: ["t": 1])
        let producer = try cluster.producer(timeout: nil, properties: properties, waitsForRoom: false)
        try await producer.warm(topics: ["t"])
        try cluster.broker.takeDown()
        let value = [UInt8](repeating: 1, count: 10_000)
        let ended = Answers()
        try await withThrowingTaskGroup { group in
            for _ in 0..<1000 {
                group.addTask {
                    let reason = await reason { () throws(SinkError) in
                        try await producer.send(OutgoingRecord(topic: "t", key: nil, value: value))
                    }
                    ended.all.withLock { $0.append(reason) }
                }
            }
            // Whatever comes of it, the senders must be let go.
            defer { try? cluster.broker.bringUp() }
            // Ten records fill either queue; headers of records count too, so it may be one fewer.
            try await reach("all but those in the queue are answered", within: .seconds(10)) { ended.count >= 990 }
            #expect((9...10).contains(producer.inFlight))
            #expect(ended.all.withLock { $0.allSatisfy { $0 == .timedOut } })
            // A batch of which nothing fits is answered at once as well.
            let batch = await producer.send(batch: (0..<20).map { _ in OutgoingRecord(topic: "t", key: nil, value: value) })
            #expect(batch.allSatisfy { if case .failure(let error) = $0 { error.reason == .timedOut } else { false } })
            try cluster.broker.bringUp()
            try await group.waitForAll()
        }
        let taken = ended.all.withLock { $0.count { $0 == nil } }
        #expect((9...10).contains(taken))
        try await producer.send(record())
        #expect(try await cluster.readAll("t").count == taken + 1)
        await producer.close()
    }

    @Test func closingFailsWhatIsLeft() async throws {
        let cluster = try TestCluster(topics: ["t": 1])
        let producer = try cluster.producer(timeout: nil, properties: ["queue.buffering.max.messages": "5"])
        try await producer.send(record())
        try cluster.broker.takeDown()
        let batch = (0..<20).map { record("\($0)") }
        async let results = producer.send(batch: batch)
        try await reach("the sends being under way") { producer.inFlight == 20 }
        await producer.close(within: .milliseconds(300))
        for result in await results {
            guard case .failure(let error) = result else { Issue.record("expected a failure"); continue }
            #expect(error.reason == .closed)
        }
        #expect(await reason { () throws(SinkError) in try await producer.send(record()) } == .closed)
    }

    @Test func closingWaitsForWhatIsUnderWay() async throws {
        let cluster = try TestCluster(topics: ["t": 1])
        let producer = try cluster.producer(properties: ["linger.ms": "5000"])
        async let results = producer.send(batch: (0..<100).map { record("\($0)") })
        try await reach("the sends being under way") { producer.inFlight == 100 }
        let start = ContinuousClock.now
        await producer.close()
        #expect(ContinuousClock.now - start < .seconds(4), "closing does not linger")
        for result in await results { try result.get() }
        #expect(try await cluster.readAll("t").count == 100)
    }

    @Test func aClientBeyondRepairIsReplaced() async throws {
        let cluster = try TestCluster(topics: ["t": 1])
        let producer = try cluster.producer(timeout: nil)
        try await producer.send(record("before"))
        try cluster.broker.takeDown()
        async let failed = producer.send(batch: [record("a"), record("b")])
        try await reach("the sends being under way") { producer.inFlight == 2 }
        producer.breakForGood()
        for result in await failed {
            guard case .failure(let error) = result else { Issue.record("expected a failure"); continue }
            #expect(error.reason == .interrupted)
        }
        try cluster.broker.bringUp()
        try await producer.send(record("after"))
        #expect(try await cluster.readAll("t").map(\.value) == [bytes("before"), bytes("after")])
        await producer.close()
    }

    @Test func manySendersAtOnce() async throws {
        let cluster = try TestCluster(topics: ["t": 4])
        let producer = try cluster.producer()
        try await producer.warm(topics: ["t"])
        try await withThrowingTaskGroup { group in
            for sender in 0..<200 {
                group.addTask { for number in 0..<100 { try await producer.send(record("\(sender)-\(number)")) } }
            }
            try await group.waitForAll()
        }
        let count = Set(try await cluster.readAll("t").compactMap(\.value)).count
        #expect(count == 20_000)
        await producer.close()
    }
}
