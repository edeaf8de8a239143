import Domain
import Foundation
import Messaging
import Synchronization
import TestSupport
import WorkerRuntime

/// What an event does to the stage that handles it.
enum Behaviour: Codable, Hashable, Sendable {
    case normal
    case ignored
    /// Fails so many times, then succeeds.
    case failDecide(Int)
    case failRecord(Int)
    /// Fails for ever.
    case brokenDecide
    case brokenRecord
    case invalid
    case deadOutcome
    /// Fails like every other of its kind, until the fault is mended.
    case brokenAlike
    /// Kills the process whenever it is decided.
    case trap
}

struct SimulatedEvent: SingleTypePayload, Hashable {
    static let type = "simulation.event"

    var ticketID: TicketID?
    var number: Int
    var behaviour: Behaviour

    func validate() throws {
        if number < 0 { throw InvalidField("number", expected: "0 or more", found: "\(number)") }
    }
}

struct SimulatedFailure: Error, CustomStringConvertible {
    let description: String
}

/// What the stages of all processes of one world share.
final class SimulatedFate: Sendable {
    private struct State {
        var failures: [Int: Int] = [:]
        var isModelAway = false
        var isMended = false
        var largestBatch = Int.max
        var decisions: [Int: [Duration]] = [:]
    }

    private let state = Mutex(State())

    /// Counts a failure of event `number`; false when it has failed `limit` times already.
    func mustFail(_ number: Int, limit: Int) -> Bool {
        state.withLock { state in
            guard state.failures[number, default: 0] < limit else { return false }
            state.failures[number, default: 0] += 1
            return true
        }
    }

    func noteDecision(_ number: Int, at time: Duration) { state.withLock { $0.decisions[number, default: []].append(time) } }

    /// When each event was decided.
    var decisions: [Int: [Duration]] { state.withLock { $0.decisions } }

    var isMended: Bool {
        get { state.withLock { $0.isMended } }
        set { state.withLock { $0.isMended = newValue } }
    }

    /// A transaction of more events than this is ended by the server's time-outs.
    var largestBatch: Int {
        get { state.withLock { $0.largestBatch } }
        set { state.withLock { $0.largestBatch = newValue } }
    }

    var isModelAway: Bool {
        get { state.withLock { $0.isModelAway } }
        set { state.withLock { $0.isModelAway = newValue } }
    }
}

struct SimulatedStage: Stage {
    typealias Transaction = InMemoryTransaction

    static let output = "sim.out"

    let name = "simulation"
    let fate: SimulatedFate
    let scheduler: DeterministicScheduler
    let process: SimulatedProcess
    var decideTime: Duration?

    @concurrent func decide(_ event: Event<SimulatedEvent>) async throws -> Int {
        let number = event.payload.number
        fate.noteDecision(number, at: scheduler.now())
        let time = scheduler.random { $0.chance(0.02) ? 400 : $0.below(6) }
        await scheduler.sleep(for: decideTime ?? .milliseconds(time))
        if fate.isModelAway { throw StageError.transient("the model is away") }
        switch event.payload.behaviour {
        case .failDecide(let count) where fate.mustFail(number, limit: count): throw StageError.failed("decide \(number)")
        case .brokenDecide: throw StageError.failed("decide \(number)")
        case .brokenAlike where !fate.isMended: throw StageError.failed("alike")
        case .invalid: throw StageError.invalid("never valid")
        case .trap:
            process.kill()
            await SimulatedProcess.suspendForEver()
        default: break
        }
        return number
    }

    func record(_ decisions: [Decided<SimulatedEvent, Int>], in transaction: InMemoryTransaction) throws -> [Outcome] {
        if decisions.count > fate.largestBatch { throw LedgerError.transient("idle-in-transaction timeout") }
        return try decisions.map { decided in
            let event = decided.event
            switch event.payload.behaviour {
            case .failRecord(let count) where fate.mustFail(decided.decision, limit: count):
                throw SimulatedFailure(description: "record \(decided.decision)")
            case .brokenRecord: throw SimulatedFailure(description: "record \(decided.decision)")
            case .ignored: return .ignored("as asked")
            case .deadOutcome: return .dead(.orphaned, message: "as asked")
            default: break
            }
            transaction.append(cause: event.id, origin: event.origin, to: event.ticket)
            return .applied([
                EmittedEvent(
                    event.payload, to: Self.output, stage: name, cause: event.id, time: event.time, ticket: event.ticket, traceparent: nil)
            ])
        }
    }

    @concurrent func probe() async -> Bool { !fate.isModelAway }
}
