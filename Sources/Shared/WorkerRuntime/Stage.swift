public import Domain
import Foundation

/// One step of the pipeline: it decides without state and in parallel, then records with state and in one transaction.
///
/// The split is what makes the guarantee possible. `decide` may be slow, may call a model and may run twice; it changes nothing.
/// `record` runs in the transaction that also marks the events handled and stores what they emit, so that an event's effects exist
/// exactly when its mark does.
public protocol Stage: Sendable {
    associatedtype Input: EventPayload
    associatedtype Decision: Sendable
    /// What `record` may do, as a protocol of the stage's own, so that its tests need no server.
    associatedtype Transaction

    /// The name in metrics, dead letters and the ids of emitted events. Changing it changes those ids.
    var name: String { get }

    /// Decides about one event. Same event and configuration, same decision. An error that is not a `StageError` counts as
    /// `StageError.failed`.
    @concurrent func decide(_ event: Event<Input>) async throws -> Decision

    /// Records decisions in order; one outcome for each. A decision that the locked state forbids is an outcome, not an error.
    func record(_ decisions: [Decided<Input, Decision>], in transaction: Transaction) throws -> [Outcome]

    /// True when what the stage depends on besides the database works. Asked when decisions fail, to tell a bad event from bad weather.
    @concurrent func probe() async -> Bool
}

extension Stage {
    @concurrent public func probe() async -> Bool { true }
}

/// An event with what was decided about it.
public struct Decided<Input: EventPayload, Decision: Sendable>: Sendable {
    public let event: Event<Input>
    public let decision: Decision
    /// The record it came in, for stages that keep the original bytes.
    public let raw: RawEvent

    public init(event: Event<Input>, decision: Decision, raw: RawEvent) {
        self.event = event
        self.decision = decision
        self.raw = raw
    }
}

/// What recording a decision came to.
public enum Outcome: Sendable, Hashable {
    /// Stored; these events are its consequences.
    case applied([EmittedEvent])
    /// Nothing to store, and that is right.
    case ignored(String)
    /// It can never be stored: a dead letter with this reason.
    case dead(DeadReason, message: String)
}

/// Why a decision could not be made.
public enum StageError: Error, Sendable {
    /// Something it needs is away. Tried again for as long as that lasts; counts no attempt.
    case transient(String)
    /// The event itself can never be decided. Dead letter at once.
    case invalid(String)
    /// It went wrong and may go right. Five attempts.
    case failed(String)
}

/// Why an event is dead. Bounded, because it labels metrics; the details stand in the message.
public enum DeadReason: String, Sendable, CaseIterable {
    /// Cannot be decoded, or breaks the schema.
    case invalid
    /// A type this topic does not carry.
    case unknownType = "unknown_type"
    /// Its id was used before by an event with another payload.
    case idConflict = "id_conflict"
    /// Every attempt failed.
    case failed
    /// It was being handled each time the process crashed.
    case crashed = "crash_loop"
    /// A reply whose ticket did not come in time.
    case orphaned = "orphaned_reply"

    /// Whether the event is at fault beyond doubt, so that many in a row say nothing about our own health.
    var blamesEvent: Bool {
        switch self {
        case .invalid, .unknownType, .idConflict, .orphaned: true
        case .failed, .crashed: false
        }
    }
}
