import HelpdeskLocal

/// A kind of harm that the pipeline must take without losing or doubling anything.
protocol Fault: Sendable {
    /// The row of the table and the word in the schedule: a few words, each fault its own.
    var name: String { get }
    var expectation: Expectation { get }
    /// How long it takes, about; the schedule is filled by it.
    func duration(in mode: ChaosMode) -> Duration
    /// Why this rig cannot make it; nil when it can.
    func obstacle(in rig: Rig) async -> String?
    /// Does the harm, holds it as long as it is to last, and undoes it. Cancelled, it undoes it at once.
    ///
    /// - Returns: what was hit, in words, for the log of the run.
    /// - Throws: `FaultMissed` when nothing was harmed; anything else ends the run.
    func inject(into rig: Rig, using random: inout FeedRandom) async throws -> String
}

extension Fault {
    func duration(in mode: ChaosMode) -> Duration { .seconds(3) }
    func obstacle(in rig: Rig) async -> String? { nil }
}

/// What must hold although the fault happened. Nothing is ever lost, doubled or out of order; these differ.
struct Expectation: Sendable, Hashable {
    /// From the beginning of the fault until a ticket sent after it passes through all stages again.
    var recovery: Duration = .seconds(15)
    /// Whether good tickets may become dead letters, with a reason.
    var allowsDeadLetters = false
}

/// The fault found nothing to harm. It is counted as missed, not as injected.
struct FaultMissed: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) { self.description = description }
}

/// How long and how hard a run is.
enum ChaosMode: String, Sendable, CaseIterable {
    /// For every test run: a few minutes.
    case short
    /// 100,000 events and 50 faults.
    case long
}
