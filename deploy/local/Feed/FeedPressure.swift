import Domain
import Kafka
import Logging
import Messaging

/// Keeps the feed from publishing more than a partition of the embedded broker can hold, which forgets the oldest records above 5 MiB
/// whether they were read or not.
struct FeedPressure {
    /// Bytes that may lie unconsumed in one partition.
    static let limit: Int64 = 4 << 20

    private let admin: KafkaAdmin
    private let consumers: [PipelineConsumer]
    private var measuredAt = ContinuousClock.now - .seconds(60)
    /// The longest queue in a partition of the tickets topic, in records; `.max` when nobody answered.
    private var deepest: Int64 = 0
    /// Bytes in the longest queue of a partition that a later stage reads, about.
    private var heldLater: Int64 = 0
    private var bytes: Int64 = 0
    private var records: Int64 = 0
    /// Where the log ended after each large record, until the group has passed it.
    private var large: [(bytes: Int64, ends: [TopicPartition: Int64])] = []

    init(_ addresses: StackAddresses, logger: Logger) throws {
        consumers = PipelineConsumer.running(hasModel: addresses.hasModel)
        admin = try KafkaAdmin(settings: addresses.kafka, limit: .seconds(5), logger: logger)
    }

    func close() async { await admin.close() }

    mutating func published(_ sent: [FeedRecord]) async throws {
        for record in sent where !record.isLarge {
            bytes += Int64(record.byteCount)
            records += 1
        }
        let size = sent.filter(\.isLarge).reduce(0) { $0 + Int64($1.byteCount) }
        guard size > 0 else { return }
        let partitions = try await admin.partitions(of: [Topics.tickets])
        large.append((size, try await admin.watermarks(of: partitions).mapValues(\.high)))
    }

    /// Returns once `more` bytes fit. Measures at most every 100 ms; an unanswered question counts as no.
    /// - Parameter waiting: called when there is no room at once.
    mutating func waitForRoom(for more: Int64, waiting: () -> Void) async throws {
        while true {
            if ContinuousClock.now - measuredAt > .milliseconds(100), (try? await measure()) == nil { deepest = .max }
            let mean = records == 0 ? 2000 : max(500, bytes / records)
            let held = deepest == .max ? Int64.max / 2 : deepest * mean + large.reduce(0) { $0 + $1.bytes }
            if max(held + more, heldLater) <= Self.limit { return }
            waiting()
            try await Task.sleep(for: .milliseconds(100))
        }
    }

    private mutating func measure() async throws {
        var heldLater: Int64 = 0
        for consumer in consumers {
            let partitions = try await admin.partitions(of: [consumer.topic])
            let committed = try await admin.committed(group: consumer.group, partitions: partitions)
            let marks = try await admin.watermarks(of: partitions)
            guard marks.count == partitions.count else { throw LocalError("no_leader", "a partition has no leader", next: "Wait.") }
            let longest = marks.map { max(0, $1.high - max(committed[$0] ?? 0, $1.low)) }.max() ?? 0
            if consumer == .triage {
                deepest = longest
                large.removeAll { $0.ends.allSatisfy { (committed[$0.key] ?? 0) >= $0.value || $0.value == 0 } }
            } else {
                heldLater = max(heldLater, longest * Self.bytesOfLaterRecord)
            }
        }
        self.heldLater = heldLater
        measuredAt = .now
    }

    /// A generous guess: changes, requests for enrichment and measurements take 1 to 2 KiB with their headers.
    private static let bytesOfLaterRecord: Int64 = 2500
}

extension FeedRecord {
    var isLarge: Bool { entry.poison == .tooLarge }
}
