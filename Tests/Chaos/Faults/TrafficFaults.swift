import HelpdeskLocal
import WorkerRuntime

/// What people and upstream systems send.
enum TrafficFaults {
    static let all: [any Fault] = [Poison(), HotTicket(), ThrowsForEver(), Trap()]
}

/// Records that are no tickets, of every kind there is.
struct Poison: Fault {
    let name = "poison of every kind"
    // A payload larger than a dead letter is cut, not refused; nobody waits for any of it.
    let expectation = Expectation(recovery: .seconds(5))

    func inject(into rig: Rig, using random: inout FeedRandom) async throws -> String {
        try await rig.world.special("poison", ["kinds": .text(""), "each": .number(2)])
        return "two of each kind"
    }
}

/// One ticket gets 30 % of all traffic for a while.
struct HotTicket: Fault {
    let name = "hot ticket with 30 % of the traffic"
    let expectation = Expectation(recovery: .seconds(5))

    func duration(in mode: ChaosMode) -> Duration { mode == .long ? .seconds(30) : .seconds(8) }

    func inject(into rig: Rig, using random: inout FeedRandom) async throws -> String {
        let seconds = duration(in: rig.mode)
        try await rig.world.special("hot", ["share": .number(0.3), "seconds": .number(seconds / .seconds(1))])
        try await Task.sleep(for: seconds)
        return "\(seconds.components.seconds) s"
    }
}

/// A ticket on which deciding fails whenever it is tried.
struct ThrowsForEver: Fault {
    let name = "a decision that throws for ever"
    let expectation = Expectation(recovery: .seconds(5))

    func inject(into rig: Rig, using random: inout FeedRandom) async throws -> String {
        try await rig.world.special("doomed", ["word": .text(Rig.throwWord), "kind": .text("throws")])
        return "one ticket"
    }
}

/// A ticket that makes whoever decides on it crash.
struct Trap: Fault {
    let name = "a payload that traps"
    // Five lives of whoever holds the partition, each taken over within 15 s as after any other death.
    let expectation = Expectation(recovery: .seconds(75))

    func duration(in mode: ChaosMode) -> Duration { .seconds(20) }

    func inject(into rig: Rig, using random: inout FeedRandom) async throws -> String {
        try await rig.world.special("doomed", ["word": .text(Rig.trapWord), "kind": .text("traps")])
        return "one ticket"
    }
}
