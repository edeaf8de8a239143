import Intelligence
import Synchronization

/// The articles that this process answers from now: loaded at the start, replaced when another version becomes active.
final class ActiveKnowledge: Sendable {
    private let state: Mutex<TicketAnswerer?>

    /// - Parameter answerer: nil until the first load succeeded.
    init(_ answerer: TicketAnswerer? = nil) {
        state = Mutex(answerer)
    }

    /// Nil until the first load succeeded: nothing can be decided then.
    var answerer: TicketAnswerer? { state.withLock { $0 } }

    func use(_ answerer: TicketAnswerer) {
        state.withLock { $0 = answerer }
    }
}
