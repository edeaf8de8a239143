import Foundation
import HelpdeskLocal
import Postgres

/// What the log delivers, and when.
enum DeliveryFaults {
    static let all: [any Fault] = [
        Redelivery(kind: .classifier), Redelivery(kind: .escalation), Redelivery(kind: .metrics), RedeliveryTomorrow(), ReplayedTwice()
    ]
}

extension ProcessKind {
    /// The consumer groups that its processes make up, by the consumer's name.
    var consumers: [String] {
        switch self {
        case .gateway: []
        case .classifier: ["triage", "enrichment"]
        case .escalation: ["escalation"]
        case .metrics: ["metrics"]
        }
    }
}

/// A consumer group's offsets are set back to the start, and everything comes again.
struct Redelivery: Fault {
    let kind: ProcessKind

    var name: String { "redelivery of everything to \(kind.consumers.joined(separator: " and "))" }
    // Its processes are down for the rewinding, and then read everything again first.
    var expectation: Expectation { Expectation(recovery: .seconds(90)) }

    func duration(in mode: ChaosMode) -> Duration { .seconds(12) }

    func inject(into rig: Rig, using random: inout FeedRandom) async throws -> String {
        try await rig.withoutAny(of: kind) {
            for consumer in kind.consumers { try await rig.world.special("rewind", ["consumer": .text(consumer)]) }
        }
        return "from the first record that the log still has"
    }
}

/// Everything comes again to workers on whose clocks it is tomorrow.
struct RedeliveryTomorrow: Fault {
    let name = "redelivery of everything after midnight"
    // What is measured is behind until everything has been counted once more.
    let expectation = Expectation(recovery: .seconds(150))

    func duration(in mode: ChaosMode) -> Duration { .seconds(25) }
    func obstacle(in rig: Rig) async -> String? { FakedClock.obstacle(rig) }

    func inject(into rig: Rig, using random: inout FeedRandom) async throws -> String {
        let kind: ProcessKind = .metrics
        let others = await rig.names(kind)
        let clock = try FakedClock(rig, name: "tomorrow", offset: .seconds(86_400))
        for name in others { await rig.stop(name) }
        for consumer in kind.consumers { try await rig.world.special("rewind", ["consumer": .text(consumer)]) }
        let stranger = try await rig.start(kind, environment: clock.environment)
        // Until it has had everything again; then the usual ones take over, today.
        let world = await rig.world
        let hasRead = try await rig.eventually(.seconds(rig.mode == .long ? 150 : 40)) {
            guard await rig.isReady(stranger) else { return false }
            return try await world.status().lag < 2_000
        }
        for _ in others { try await rig.start(kind) }
        await rig.stop(stranger)
        guard hasRead else { throw FaultMissed("the worker of tomorrow did not get through with it") }
        return "\(kind.rawValue), a day ahead"
    }
}

/// An operator sends dead letters back, and again, at once and side by side.
struct ReplayedTwice: Fault {
    let name = "dead letters replayed twice"
    // Eight processes of a debug build start at once for it, and take the machine for themselves.
    let expectation = Expectation(recovery: .seconds(20))

    func duration(in mode: ChaosMode) -> Duration { .seconds(10) }

    func inject(into rig: Rig, using random: inout FeedRandom) async throws -> String {
        let letters = try await rig.database.deadLetters(of: "triage", limit: 4)
        guard !letters.isEmpty else { throw FaultMissed("nothing has died yet") }
        let program = Program(path: rig.executables.worker(.classifier), environment: await rig.environment(rig.addresses))
        // The second one is refused with a reason or does nothing; which of the two came first, nobody knows.
        let sent = await withTaskGroup(of: Bool.self) { group in
            for letter in letters + letters {
                var step = program
                step.arguments = ["dead-letters", "replay", letter.uuidString.lowercased()]
                let replay = step
                group.addTask { (try? await replay.run(within: .seconds(30)))?.end == .code(0) }
            }
            return await group.reduce(0) { $0 + ($1 ? 1 : 0) }
        }
        guard sent > 0 else { throw FaultMissed("no replay was taken") }
        return "\(letters.count) letters, \(sent) of \(2 * letters.count) replays taken"
    }
}

extension DatabaseControl {
    func deadLetters(of consumer: String, limit: Int) async throws -> [UUID] {
        try await PrivateCluster.withPool(cluster.url) { pool in
            try await pool.query(
                "SELECT event_id FROM helpdesk.inbox WHERE consumer = \(consumer) AND outcome = 'dead' ORDER BY received_at DESC LIMIT \(limit)"
            ).map { try $0.decode(at: 0) }
        }
    }
}
