import Faults
import HelpdeskLocal

/// What happens on the way to brokers and database, whatever they do themselves.
enum WireFaults {
    static let all: [any Fault] = [CutInMessage(), DatabaseCut(), DatabaseSilent(), DatabaseSlow()]
}

/// Connections to the brokers end in the middle of a message, either way, again and again.
struct CutInMessage: Fault {
    let name = "broker connections cut in mid-message"
    let expectation = Expectation(recovery: .seconds(25))

    func duration(in mode: ChaosMode) -> Duration { .seconds(5) }
    func obstacle(in rig: Rig) async -> String? { await rig.kafkaWireObstacle }

    func inject(into rig: Rig, using random: inout FeedRandom) async throws -> String {
        let wire = try await rig.onKafkaWire()
        let before = wire.counts.cut
        defer { wire.heal() }
        for _ in 0..<8 {
            for direction in WireDirection.allCases { wire.impose(.cutAfter(bytes: Int.random(in: 1...3000, using: &random)), on: direction) }
            try await Task.sleep(for: .milliseconds(500))
        }
        let cut = wire.counts.cut - before
        guard cut > 0 else { throw FaultMissed("nothing passed") }
        return "\(cut) connections"
    }
}

/// Every connection to PostgreSQL is reset, a few times; the server itself is well.
struct DatabaseCut: Fault {
    let name = "database connections cut"
    let expectation = Expectation(recovery: .seconds(10))

    func inject(into rig: Rig, using random: inout FeedRandom) async throws -> String {
        let wire = await rig.databaseWire.wire
        let before = wire.counts.cut
        for _ in 0..<5 {
            wire.resetConnections()
            try await Task.sleep(for: .milliseconds(Int.random(in: 50...600, using: &random)))
        }
        return "\(wire.counts.cut - before) connections"
    }
}

/// Nothing passes to and from PostgreSQL for longer than it lets a transaction idle: whoever was inside one finds it gone.
struct DatabaseSilent: Fault {
    let name = "database wires go silent"
    let expectation = Expectation(recovery: .seconds(25))

    func duration(in mode: ChaosMode) -> Duration { .seconds(7) }

    func inject(into rig: Rig, using random: inout FeedRandom) async throws -> String {
        let wire = await rig.databaseWire.wire
        wire.impose(.blackHole)
        defer { wire.heal() }
        try await Task.sleep(for: .seconds(7))
        return "7 s"
    }
}

/// Every round trip takes as long as to another continent.
struct DatabaseSlow: Fault {
    let name = "slow database wires"
    let expectation = Expectation(recovery: .seconds(30))

    func duration(in mode: ChaosMode) -> Duration { mode == .long ? .seconds(20) : .seconds(6) }

    func inject(into rig: Rig, using random: inout FeedRandom) async throws -> String {
        let wire = await rig.databaseWire.wire
        wire.impose(.delayed(.milliseconds(40)))
        defer { wire.heal() }
        try await Task.sleep(for: duration(in: rig.mode))
        return "80 ms a round trip"
    }
}
