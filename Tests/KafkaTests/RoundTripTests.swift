import Kafka
import Messaging
import Testing

@Suite("Records keep their bytes on the way through a broker", .serialized, .timeLimit(.minutes(2)))
struct RoundTripTests {
    static let samples: [OutgoingRecord] = [
        OutgoingRecord(
            topic: "t", key: bytes("key"), value: bytes("value"),
            headers: [
                RecordHeader("name", "text"), RecordHeader("name", "again"), RecordHeader("none", nil as [UInt8]?),
                RecordHeader("empty", [UInt8]()), RecordHeader("binary", [0, 255, 10, 0])
            ]),
        OutgoingRecord(topic: "t", key: bytes("tombstone"), value: nil),
        OutgoingRecord(topic: "t", key: bytes("empty"), value: []),
        OutgoingRecord(topic: "t", key: nil, value: bytes("no key")),
        OutgoingRecord(topic: "t", key: [], value: bytes("empty key")),
        OutgoingRecord(topic: "t", key: [0, 1, 2, 255, 0], value: [0, 0, 254]),
        OutgoingRecord(topic: "t", key: bytes("large"), value: Array(repeating: 7, count: 900_000))
    ]

    @Test func everyKindOfRecord() async throws {
        let cluster = try TestCluster(topics: ["t": 1])
        let producer = try cluster.producer()
        for sample in Self.samples { try await producer.send(sample) }
        let records = try await cluster.readAll("t")
        #expect(records.map(\.value) == Self.samples.map(\.value))
        #expect(records.map(\.key) == Self.samples.map(\.key))
        #expect(records.map(\.headers) == Self.samples.map(\.headers))
        #expect(records.map(\.offset) == Array(0..<Int64(Self.samples.count)))
        #expect(records.allSatisfy { $0.timestamp ?? 0 > 1_600_000_000_000 })
        await producer.close()
    }

    @Test func aKeyStaysInItsPartitionInOrder() async throws {
        let cluster = try TestCluster(topics: ["t": 4])
        let producer = try cluster.producer()
        let records = (0..<2000).map { OutgoingRecord(topic: "t", key: bytes("k\($0 % 40)"), value: bytes("\($0)")) }
        let results = await producer.send(batch: records)
        #expect(results.count == 2000)
        for result in results { try result.get() }
        let read = try await cluster.readAll("t")
        #expect(read.count == 2000)
        for (_, group) in Dictionary(grouping: read, by: { $0.key }) {
            #expect(Set(group.map(\.source)).count == 1)
            let values = group.compactMap { $0.value.flatMap { Int(String(decoding: $0, as: UTF8.self)) } }
            #expect(values == values.sorted())
        }
        #expect(Set(read.map(\.source)).count == 4)
        await producer.close()
    }

    /// Hashes of Java's client for these keys, so that records of one ticket meet whoever sends them.
    @Test(
        arguments: [
            ("21", -973932308), ("foobar", -790332482), ("a-little-bit-long-string", -985981536),
            ("a-little-bit-longer-string", -1486304829), ("lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8", -58897971)
        ] as [(String, Int32)])
    func keysGoWhereJavaClientsPutThem(_ key: String, _ hash: Int32) async throws {
        let cluster = try TestCluster(topics: ["t": 12])
        let producer = try cluster.producer()
        try await producer.send(OutgoingRecord(topic: "t", key: bytes(key), value: nil))
        let partitions = try await cluster.readAll("t").map(\.source.partition)
        #expect(partitions == [(hash & Int32.max) % 12])
        await producer.close()
    }
}
