/// In what capacity somebody works a ticket by hand.
public enum TicketParty: String, Sendable, CaseIterable {
    /// The one who asked for help.
    case requester
    case agent
}

/// The state machine of tickets: `new -> triaged -> in_progress <-> waiting_requester | on_hold -> resolved -> closed`; `merged` and
/// `cancelled` end it. What is not here happens by itself: Triage moves to `triaged`, a requester's reply back to `in_progress`.
public enum TicketTransitions {
    /// The states to which somebody may move a ticket by hand. `merged` is not among them: it needs a ticket to merge into.
    public static func destinations(from state: TicketState, by party: TicketParty) -> Set<TicketState> {
        switch (state, party) {
        case (.closed, _), (.merged, _), (.cancelled, _): []
        case (.resolved, .requester): [.inProgress]
        case (.resolved, .agent): [.inProgress, .closed]
        case (_, .requester): [.resolved, .cancelled]
        case (let open, .agent):
            Set([.inProgress, .waitingRequester, .onHold, .resolved, .cancelled]).subtracting([open])
        }
    }

    /// Whether a move must say why: what a requester will ask about later. A requester need not explain.
    public static func needsReason(from state: TicketState, to next: TicketState, by party: TicketParty) -> Bool {
        guard party == .agent else { return false }
        return next == .onHold || next == .cancelled || reopens(from: state, to: next)
    }

    /// Whether a move begins another cycle.
    public static func reopens(from state: TicketState, to next: TicketState) -> Bool { !state.isOpen && next.isOpen }

    /// Whether a ticket may be merged into another, or another into it.
    public static func mayMerge(_ state: TicketState) -> Bool { state.isOpen || state == .resolved }
}

extension TicketState {
    /// No further work is done on it: a requester's word makes a new ticket.
    public var isFinal: Bool {
        switch self {
        case .closed, .merged, .cancelled: true
        case .new, .triaged, .inProgress, .waitingRequester, .onHold, .resolved: false
        }
    }
}
