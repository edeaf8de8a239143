import Foundation

/// Kills processes of a stack at random moments, and says so.
struct Killer {
    /// Whether PostgreSQL is ours to restart.
    let restartsDatabase: Bool
    private var random: FeedRandom
    private let began = ContinuousClock.now
    /// Between two kills.
    var pauses: ClosedRange<Double> = 1.0...4.0

    init(restartsDatabase: Bool, seed: UInt64) {
        self.restartsDatabase = restartsDatabase
        random = FeedRandom(seed: seed)
    }

    /// Strikes until the time is over or the task cancelled.
    /// - Returns: how often each blow fell.
    mutating func kill(
        for duration: Duration, processes: () async -> [ProcessRow], say: (String) -> Void
    ) async -> [String: Int] {
        let deadline = began + duration
        var counts: [String: Int] = [:]
        while true {
            let pause = Duration.seconds(Double.random(in: pauses, using: &random))
            guard ContinuousClock.now + pause < deadline, (try? await Task.sleep(for: pause)) != nil else { return counts }
            let blow = next()
            guard let line = strike(blow, await processes()) else { continue }
            counts[blow.rawValue, default: 0] += 1
            say(line)
        }
    }

    private mutating func next() -> Blow {
        let number = Int.random(in: 0..<100, using: &random)
        return switch number {
        case 0..<30: .classifier
        case 30..<50: .escalation
        case 50..<65: .metrics
        case 65..<82: .gateway
        case 82..<91 where restartsDatabase: .databaseAtOnce
        case 91..<100 where restartsDatabase: .databaseInOrder
        default: .classifier
        }
    }

    /// - Returns: what happened, in words; nil when nothing of that kind runs now.
    mutating func strike(_ blow: Blow, _ processes: [ProcessRow]) -> String? {
        let targets = processes.filter { blow.isAimedAt($0) && $0.identity?.isAlive == true }
        guard let target = targets.randomElement(using: &random), let identity = target.identity, identity.signal(blow.signal) else { return nil }
        let seconds = (ContinuousClock.now - began) / .seconds(1)
        return "\(String(format: "%6.1f", seconds)) s  \(blow.rawValue.padded(to: 44)) \(target.name), pid \(identity.pid)"
    }
}
