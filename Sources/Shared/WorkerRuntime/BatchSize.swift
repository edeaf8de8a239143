/// How many events go into a transaction. One that takes long keeps others from its tickets and is ended by the server's time-outs sooner or later; tried
/// again as it was, it would fail again for ever. So batches that fail for the time being or take long make smaller ones, and quick ones let them grow.
///
/// A transaction makes a score of round trips whatever it holds. Where they are slow, for the wire's or the machine's sake, small batches take as long as
/// larger ones and get less done: time alone makes none smaller than `few`.
public struct BatchSize: Sendable, Hashable {
    /// Longer than this and others wait noticeably. Far below the time-outs that end a transaction.
    static let long: Duration = .seconds(1)
    /// Quicker than this and there is room for more.
    static let quick: Duration = .milliseconds(300)
    /// Too few to be blamed for the time that they take.
    static let few = 128

    let largest: Int
    /// For the next one.
    public private(set) var current: Int

    public init(largest: Int) {
        self.largest = max(1, largest)
        current = self.largest
    }

    /// A transaction of so many events has failed for a reason that may pass.
    public mutating func failed(_ count: Int) { current = max(1, min(current, count / 2)) }

    /// One has succeeded.
    public mutating func succeeded(_ count: Int, within duration: Duration) {
        if duration > Self.long, count > Self.few {
            current = min(current, max(Self.few, count / 2))
        } else if count >= current, duration < Self.quick || current < Self.few {
            current = min(largest, current + max(1, current / 4))
        }
    }
}
