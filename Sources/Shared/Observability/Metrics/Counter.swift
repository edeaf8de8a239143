import Synchronization

/// A value that only grows. Whole steps are one atomic addition; fractions (seconds, money) cost a compare-and-swap loop.
public final class Counter: Sendable {
    private let whole = Atomic<Int>(0)
    private let fraction = Atomic<UInt64>((0 as Double).bitPattern)

    init() {}

    /// Adds `count`, which is not negative; a negative one is ignored, because a counter that falls reads as a restart.
    public func increment(by count: Int = 1) {
        guard count > 0 else { return }
        whole.wrappingAdd(count, ordering: .relaxed)
    }

    /// Adds a fractional amount in the counter's base unit. Negative and non-finite amounts are ignored.
    public func add(_ amount: Double) {
        guard amount > 0, amount.isFinite else { return }
        fraction.accumulate(amount)
    }

    /// What was counted so far.
    public var value: Double {
        Double(whole.load(ordering: .relaxed)) + Double(bitPattern: fraction.load(ordering: .relaxed))
    }
}

extension Atomic<UInt64> {
    /// Adds to the `Double` kept here as a bit pattern.
    func accumulate(_ amount: Double) {
        var current = load(ordering: .relaxed)
        while true {
            let next = (Double(bitPattern: current) + amount).bitPattern
            let (exchanged, original) = weakCompareExchange(expected: current, desired: next, ordering: .relaxed)
            if exchanged { return }
            current = original
        }
    }
}
