import Synchronization

/// Observations counted into fixed buckets, with their sum and number.
public final class Histogram: Sendable {
    struct State {
        /// One count per bound and a last one for what exceeds them all. Not cumulative.
        var counts: [Int]
        var sum: Double = 0
    }

    let bounds: [Double]
    private let state: Mutex<State>

    init(buckets: HistogramBuckets) {
        bounds = buckets.bounds
        state = Mutex(State(counts: Array(repeating: 0, count: buckets.bounds.count + 1)))
    }

    /// Counts a value in the histogram's base unit (seconds, bytes). NaN is ignored.
    public func observe(_ value: Double) {
        guard !value.isNaN else { return }
        // Few bounds, mostly hit early: walking them beats a binary search.
        var index = 0
        while index < bounds.count, value > bounds[index] { index += 1 }
        state.withLock { state in
            state.counts[index] += 1
            state.sum += value
        }
    }

    /// Counts a duration, in seconds.
    public func observe(_ duration: Duration) {
        let parts = duration.components
        observe(Double(parts.seconds) + Double(parts.attoseconds) / 1e18)
    }

    /// How many values were observed, and their sum.
    public var total: (count: Int, sum: Double) {
        let state = snapshot()
        return (state.counts.reduce(0, +), state.sum)
    }

    func snapshot() -> State {
        state.withLock { $0 }
    }
}

/// Upper bounds of a histogram's buckets, ascending, in its base unit.
public struct HistogramBuckets: Sendable, Hashable {
    public let bounds: [Double]

    /// Sorts the bounds and drops repeated, infinite and NaN ones; the infinite bucket is always there.
    public init(_ bounds: [Double]) {
        self.bounds = Set(bounds.filter(\.isFinite)).sorted()
    }

    /// Work that takes milliseconds: 0.5 ms to 10 s.
    public static let seconds = HistogramBuckets(
        [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10])
    /// Calls to a model or another slow service: 100 ms to 2 min.
    public static let slowSeconds = HistogramBuckets([0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20, 30, 60, 120])
    /// Payloads: 256 B to 4 MiB.
    public static let bytes = HistogramBuckets((0...7).map { 256 * Double(1 << (2 * $0)) })
    /// Sizes of batches: 1 to 1,000.
    public static let counts = HistogramBuckets([1, 2, 5, 10, 20, 50, 100, 200, 500, 1000])
}
