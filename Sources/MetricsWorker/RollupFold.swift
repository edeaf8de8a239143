import Foundation
import Stores

/// Sums facts by minute, hour and day. Pure: whatever the batches are that the facts come in, the sums of the sums are the same.
struct RollupFold {
    private struct Sums {
        var count = 0
        var sum = 0.0
        var min = Double.infinity
        var max = -Double.infinity

        mutating func add(_ other: Sums) {
            count += other.count
            sum += other.sum
            min = Swift.min(min, other.min)
            max = Swift.max(max, other.max)
        }
    }

    private var minutes: [MetricRollup.Key: Sums] = [:]

    mutating func add(_ fact: MetricFact) {
        let key = MetricRollup.Key(grain: .minute, name: fact.name, bucket: MetricGrain.minute.bucket(of: fact.at), labels: fact.labels)
        minutes[key, default: Sums()].add(Sums(count: 1, sum: fact.value, min: fact.value, max: fact.value))
    }

    /// All three grains, sorted by key: everyone who adds to the stored ones locks them in this order.
    var rollups: [MetricRollup] {
        let minutes = minutes.sorted { $0.key < $1.key }
        var sums: [MetricRollup.Key: Sums] = [:]
        for grain in MetricGrain.allCases {
            // In order, so that fractions are added up alike each time.
            for (minute, value) in minutes {
                var key = minute
                key.grain = grain
                key.bucket = grain.bucket(of: Int64(minute.bucket.timeIntervalSince1970) * 1_000_000)
                sums[key, default: Sums()].add(value)
            }
        }
        return sums.sorted { $0.key < $1.key }.map {
            MetricRollup($0.key, count: $0.value.count, sum: $0.value.sum, min: $0.value.min, max: $0.value.max)
        }
    }
}
