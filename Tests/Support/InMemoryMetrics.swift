public import Foundation
public import Stores

/// Facts and rollups without a server: the twin of the PostgreSQL transaction. It refuses what the tables would refuse, and what would make two
/// workers wait for each other in a circle.
public final class InMemoryMetrics: MetricsTransaction {
    public struct Refused: Error, CustomStringConvertible {
        public let description: String
    }

    public private(set) var facts: [UUID: [MetricFact]] = [:]
    public private(set) var rollups: [MetricRollup.Key: MetricRollup] = [:]

    public init() {}

    public func file(_ facts: [MetricFact]) throws -> Set<UUID> {
        let fresh = Dictionary(grouping: facts, by: \.event).filter { self.facts[$0.key] == nil }
        for (event, own) in fresh {
            guard Set(own.map(\.ordinal)).count == own.count else { throw Refused(description: "an ordinal twice in \(event)") }
            self.facts[event] = own
        }
        return Set(fresh.keys)
    }

    public func add(_ rollups: [MetricRollup], shards: Int) throws {
        for (a, b) in zip(rollups, rollups.dropFirst()) where !(a.key < b.key) { throw Refused(description: "not sorted, or a key twice") }
        for rollup in rollups {
            guard var sum = self.rollups[rollup.key] else {
                self.rollups[rollup.key] = rollup
                continue
            }
            sum.count += rollup.count
            sum.sum += rollup.sum
            sum.min = Swift.min(sum.min, rollup.min)
            sum.max = Swift.max(sum.max, rollup.max)
            self.rollups[rollup.key] = sum
        }
    }
}
