@testable import Kafka
import Messaging
import Testing

@Suite("One poll is bounded in bytes", .serialized, .timeLimit(.minutes(2)))
struct PollBoundTests {
    @Test func manyLargeRecordsComeInPortions() async throws {
        // The embedded broker keeps 5 MiB in a partition; by default the client would fetch no further than 8 MiB ahead.
        let cluster = try TestCluster(
            topics: ["t": 4], properties: ["queued.max.messages.kbytes": "65536", "fetch.message.max.bytes": "8000000"])
        let producer = try cluster.producer(queueLimit: 65536)
        let size = 300_000
        let batch = (0..<40).map { OutgoingRecord(topic: "t", key: bytes("\($0)"), value: Array(repeating: 1, count: size)) }
        for result in await producer.send(batch: batch) { try result.get() }
        let stored = try await cluster.readAll("t").count
        #expect(stored * size > 2 * KafkaConsumer.Limit.bytes, "not enough to tell")

        let consumer = try cluster.consumer("g", "t")
        var portions: [[Record]] = []
        var isAssigned = false
        // Records are fetched while nobody asks for them.
        try await reach("assignment") {
            isAssigned
        } _: {
            for event in try await consumer.next(upTo: 1, wait: .milliseconds(50)) {
                if case .assigned = event { isAssigned = true }
                if case .records(let records) = event { portions.append(records) }
            }
        }
        try await reach("enough is waiting") {
            await consumer.fetched * size > 2 * KafkaConsumer.Limit.bytes
        } _: {
            try await Task.sleep(for: .milliseconds(10))
        }
        try await reach("everything") {
            portions.joined().count >= stored
        } _: {
            let records = try await consumer.next(upTo: 2000, wait: .milliseconds(50)).flatMap { event -> [Record] in
                if case .records(let records) = event { records } else { [] }
            }
            portions.append(records)
        }
        let largest = portions.map { $0.reduce(0) { $0 + $1.byteCount } }.max() ?? 0
        #expect(KafkaConsumer.Limit.bytes == 4 << 20)
        #expect(largest >= KafkaConsumer.Limit.bytes && largest < KafkaConsumer.Limit.bytes + 2 * size, "\(largest)")
        await consumer.close()
        await producer.close()
    }
}
