import HelpdeskLocal

/// What the log delivers, and when.
enum DeliveryFaults {
    static let all: [any Fault] = [Redelivery(kind: .classifier), Redelivery(kind: .escalation), Redelivery(kind: .metrics), RedeliveryTomorrow()]
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
    let expectation = Expectation(recovery: .seconds(90))

    func duration(in mode: ChaosMode) -> Duration { .seconds(25) }
    func obstacle(in rig: Rig) async -> String? { FakedClock.obstacle }

    func inject(into rig: Rig, using random: inout FeedRandom) async throws -> String {
        let kind: ProcessKind = .metrics
        let others = await rig.names(kind)
        let clock = try FakedClock(directory: rig.options.directory, name: "tomorrow", offset: .seconds(86_400))
        for name in others { await rig.stop(name) }
        for consumer in kind.consumers { try await rig.world.special("rewind", ["consumer": .text(consumer)]) }
        let stranger = try await rig.start(kind, environment: clock.environment)
        // Long enough to have everything again; then the usual ones take over, today.
        try await Task.sleep(for: .seconds(rig.mode == .long ? 40 : 10))
        for _ in others { try await rig.start(kind) }
        await rig.stop(stranger)
        return "\(kind.rawValue), a day ahead"
    }
}
