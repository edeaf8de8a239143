import Foundation

/// Time, waiting and chance as the model's client sees them; tests put their own in.
public struct ModelClock: Sendable {
    /// Since any fixed start; never goes back.
    public var uptime: @Sendable () -> Duration
    /// Since the Unix epoch.
    public var sinceEpoch: @Sendable () -> Duration
    public var sleep: @Sendable (Duration) async throws -> Void
    /// 0 to 1.
    public var jitter: @Sendable () -> Double

    public init(
        uptime: @escaping @Sendable () -> Duration, sinceEpoch: @escaping @Sendable () -> Duration,
        sleep: @escaping @Sendable (Duration) async throws -> Void, jitter: @escaping @Sendable () -> Double
    ) {
        self.uptime = uptime
        self.sinceEpoch = sinceEpoch
        self.sleep = sleep
        self.jitter = jitter
    }

    public static let system = {
        let start = ContinuousClock.now
        return ModelClock(
            uptime: { ContinuousClock.now - start },
            sinceEpoch: { .seconds(Date().timeIntervalSince1970) },
            sleep: { try await Task.sleep(for: $0) },
            jitter: { Double.random(in: 0...1) })
    }()
}
