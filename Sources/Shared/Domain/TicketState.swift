/// Where a ticket stands.
public enum TicketState: String, ClosedWord, Codable, Sendable, CaseIterable {
    case new, triaged
    case inProgress = "in_progress"
    case waitingRequester = "waiting_requester"
    case onHold = "on_hold"
    case resolved, closed, merged, cancelled

    /// Counts towards the backlog.
    public var isOpen: Bool {
        switch self {
        case .new, .triaged, .inProgress, .waitingRequester, .onHold: true
        case .resolved, .closed, .merged, .cancelled: false
        }
    }

    /// The state after a public reply by the requester: what waited for them, or was resolved, is worked on again.
    public var afterRequesterReply: TicketState {
        switch self {
        case .waitingRequester, .resolved: .inProgress
        case .new, .triaged, .inProgress, .onHold, .closed, .merged, .cancelled: self
        }
    }
}
