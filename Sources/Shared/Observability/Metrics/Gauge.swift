import Synchronization

/// A value that goes up and down.
public final class Gauge: Sendable {
    private let bits = Atomic<UInt64>((0 as Double).bitPattern)

    init() {}

    public func set(_ value: Double) {
        bits.store(value.bitPattern, ordering: .relaxed)
    }

    public func set(_ value: Int) {
        set(Double(value))
    }

    /// Adds `amount`, which may be negative.
    public func add(_ amount: Double) {
        bits.accumulate(amount)
    }

    public func increment() { add(1) }
    public func decrement() { add(-1) }

    public var value: Double {
        Double(bitPattern: bits.load(ordering: .relaxed))
    }
}
