import Foundation
import HelpdeskLocal
import Postgres

/// What operators do with dead letters.
enum ReplayFaults {
    static let all: [any Fault] = [DeadLettersReplayedTwice()]
}

/// `classifier-worker dead-letters replay`, for each of some dead letters twice: two at once. What was wrong with them still is, so that each must
/// be dead again in the end, and nothing else must have come of it.
struct DeadLettersReplayedTwice: Fault {
    let name = "dead letters replayed twice"
    let expectation = Expectation(recovery: .seconds(15))

    func duration(in mode: ChaosMode) -> Duration { .seconds(15) }

    func inject(into rig: Rig, using random: inout FeedRandom) async throws -> String {
        let database = await rig.database
        try await rig.world.special("poison", ["kinds": .text("badJSON,wrongSchema"), "each": .number(2)])
        guard try await rig.eventually(.seconds(10), { try await database.deadTickets().count >= 4 }) else {
            throw FaultMissed("there are no dead letters")
        }
        let ids = try await Array(database.deadTickets().shuffled(using: &random).prefix(4))
        let program = Program(
            path: rig.executables.worker(.classifier), environment: rig.environment(await rig.addresses))
        try await withThrowingTaskGroup { group in
            for id in ids + ids {
                var replay = program
                replay.arguments = ["dead-letters", "replay", id.uuidString.lowercased()]
                group.addTask { [replay] in
                    let (end, output) = try await replay.run(within: .seconds(60))
                    guard end == .code(0) else {
                        throw LocalError("replay", "`dead-letters replay` ended with \(end): \(output.suffix(500))", next: "Run it by hand.")
                    }
                }
            }
            try await group.waitForAll()
        }
        let areDead = try await rig.eventually(.seconds(30)) { try await Set(database.deadTickets()).isSuperset(of: ids) }
        if !areDead {
            try await rig.world.special("breach", ["kind": .text("stuck"), "words": .text("dead letters that were replayed twice did not die again")])
        }
        return "\(ids.count) of them"
    }
}

extension DatabaseControl {
    /// Dead letters of Triage, by their rows in its inbox; none that waits for its replay.
    fileprivate func deadTickets() async throws -> [UUID] {
        try await PrivateCluster.withPool(cluster.url) { pool in
            try await pool.query("SELECT event_id FROM helpdesk.inbox WHERE consumer = 'triage' AND outcome = 'dead' ORDER BY received_at DESC LIMIT 20")
                .map { try $0.decode(at: 0) }
        }
    }
}
