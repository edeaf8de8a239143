/// How long a stop may take, counted from the signal or failure that asked for it.
public struct ShutdownLimits: Sendable, Hashable {
    /// After this, services that still run are cancelled.
    public let graceful: Duration
    /// After this, the process ends whatever still runs. Not less than `graceful`.
    public let hard: Duration

    public init(graceful: Duration, hard: Duration) {
        self.graceful = graceful
        self.hard = max(graceful, hard)
    }

    /// 15 s to finish what is in hand, 5 s more to give up.
    public static let standard = ShutdownLimits(graceful: .seconds(15), hard: .seconds(20))

    static let advice = "What was not acknowledged is delivered again; start the process again."
}
