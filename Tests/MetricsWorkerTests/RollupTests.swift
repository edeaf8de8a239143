import Domain
import Foundation
import Messaging
import Stores
import TestSupport
import Testing
import WorkerRuntime

@testable import MetricsWorker

@Suite struct RollupTests {
    /// However the same events are cut into batches, the same sums come out.
    @Test(arguments: 0..<40)
    func anyBatchingGivesTheSameRollups(seed: UInt64) async throws {
        var random = SeededGenerator(seed: seed)
        var events: [DecidedMetric] = []
        for _ in 0..<60 { events.append(try await decided(record(Self.payload(&random)))) }
        let whole = InMemoryMetrics(), parts = InMemoryMetrics()
        let stage = MetricsStage<InMemoryMetrics>(shards: 8)
        _ = try stage.record(events, in: whole)
        var rest = events.shuffled(using: &random)[...]
        while !rest.isEmpty {
            let batch = Array(rest.prefix(Int.random(in: 1...rest.count, using: &random)))
            rest = rest.dropFirst(batch.count)
            _ = try stage.record(batch, in: parts)
            // A second delivery adds nothing.
            _ = try stage.record(batch, in: parts)
        }
        #expect(Set(whole.rollups.keys) == Set(parts.rollups.keys))
        let different = whole.rollups.filter { key, sum in
            guard let other = parts.rollups[key] else { return true }
            return (sum.count, sum.min, sum.max) != (other.count, other.min, other.max) || abs(sum.sum - other.sum) > 1e-9 * abs(sum.sum)
        }
        #expect(different.isEmpty)
        // Nothing was left out, in any grain.
        let measurements = events.reduce(0) { $0 + $1.event.payload.measurements.count }
        for grain in MetricGrain.allCases {
            #expect(whole.rollups.values.filter { $0.key.grain == grain }.reduce(0) { $0 + $1.count } == measurements)
        }
    }

    private static func payload(_ random: inout SeededGenerator) -> MetricRecorded {
        let ticket = sampleTicket(
            category: ["dns", "vpn", "caf\u{E9}", "cafe\u{301}"].randomElement(using: &random)!, tier: Tier.allCases.randomElement(using: &random)!)
        let at = ten.addingTimeInterval(Double.random(in: 0..<200_000, using: &random))
        let measurements = (0..<Int.random(in: 1...5, using: &random)).map { _ in
            MetricRecorded.Measurement(
                [.ticketsSubmitted, .answers, .modelCost].randomElement(using: &random)!, Double.random(in: 0..<10, using: &random),
                detail: ["answered", "", nil].randomElement(using: &random)!)
        }
        return MetricRecorded(ticket, at: at, measurements)
    }

    @Test func bucketsBeginAtTheFullMinuteHourAndDayOfUTC() {
        let last = Int64(ten.timeIntervalSince1970 + 14 * 3600) * 1_000_000 - 1
        #expect(RFC3339.string(MetricGrain.minute.bucket(of: last)) == "2026-11-22T23:59:00Z")
        #expect(RFC3339.string(MetricGrain.hour.bucket(of: last)) == "2026-11-22T23:00:00Z")
        #expect(RFC3339.string(MetricGrain.day.bucket(of: last)) == "2026-11-22T00:00:00Z")
        #expect(RFC3339.string(MetricGrain.day.bucket(of: last + 1)) == "2026-11-23T00:00:00Z")
        #expect(MetricGrain.day.bucket(of: 0) == Date(timeIntervalSince1970: 0))
    }

    /// The database tells two spellings of one letter apart, so must we: else rollups and facts disagree.
    @Test func labelsAreComparedByteByByte() {
        let dimensions = MetricRecorded(sampleTicket(), at: ten, [.init(.answers)]).dimensions
        let composed = MetricLabels(detail: "caf\u{E9}", dimensions), apart = MetricLabels(detail: "cafe\u{301}", dimensions)
        #expect(composed != apart)
        #expect(Set([composed, apart]).count == 2)
        #expect(apart < composed && !(composed < apart))
        #expect(MetricLabels(detail: nil, dimensions) == MetricLabels(detail: "", dimensions))
        #expect(MetricLabels(detail: String(repeating: "\u{1F600}", count: 200), dimensions).detail.unicodeScalars.count == 100)
    }

    @Test func anEventThatWasFiledBeforeIsIgnored() async throws {
        let metrics = InMemoryMetrics(), stage = MetricsStage<InMemoryMetrics>(shards: 8)
        let event = try await decided(record(MetricRecorded(sampleTicket(), at: ten, [.init(.answers, detail: "answered")])))
        #expect(try stage.record([event], in: metrics) == [.applied([])])
        #expect(try stage.record([event], in: metrics) == [.ignored("its facts are filed already")])
    }

    @Test(arguments: [1e16, -1e16, .greatestFiniteMagnitude])
    func aNumberThatCouldEndInInfinityIsRefused(value: Double) async throws {
        await #expect(throws: (any Error).self) {
            try await decided(record(MetricRecorded(sampleTicket(), at: ten, [.init(.modelCost, value)])))
        }
    }
}

@Suite struct LagAgeTests {
    let partition = TopicPartition(topic: "t", partition: 0)

    @Test func theAgeIsThatOfTheLookWhichSawTheRecordFirst() {
        var ages = LagAges()
        for (time, end) in [(0, 10), (10, 10), (20, 15), (30, 15), (40, 22)] { ages.look(at: .seconds(time), partition, end: Int64(end)) }
        #expect(ages.age(at: .seconds(50), partition, next: 22) == .zero)
        #expect(ages.age(at: .seconds(50), partition, next: 15) == .seconds(10))
        #expect(ages.age(at: .seconds(50), partition, next: 14) == .seconds(30))
        #expect(ages.age(at: .seconds(50), partition, next: 3) == .seconds(50))
        ages.look(at: .seconds(60), partition, end: 2)
        #expect(ages.age(at: .seconds(70), partition, next: 0) == .seconds(10))
        #expect(ages.age(at: .seconds(70), TopicPartition(topic: "t", partition: 1), next: 0) == .zero)
    }

    @Test func itsMemoryIsBounded() {
        var ages = LagAges(capacity: 3)
        for time in 1...100 { ages.look(at: .seconds(time), partition, end: Int64(time)) }
        #expect(ages.age(at: .seconds(100), partition, next: 0) == .seconds(2))
    }
}
