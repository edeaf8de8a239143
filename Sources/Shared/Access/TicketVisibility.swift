import Domain

/// Which tickets exist for a principal: the one access predicate. Everything that reads tickets asks it, in memory with `includes`
/// or in SQL through the store's scope, so that no way in is wider than another.
public enum TicketVisibility: Sendable, Hashable {
    case everything
    /// Only those of this requester.
    case requested(by: String)
    case nothing

    public func includes(ticketOf requester: String) -> Bool {
        switch self {
        case .everything: true
        case .requested(let owner): owner.isExactly(requester)
        case .nothing: false
        }
    }
}

extension Principal {
    /// The tickets it may see. What it may not see answers like what is not there.
    public var visibleTickets: TicketVisibility {
        if may(.ticketsReadAny) { return .everything }
        return may(.ticketsReadOwn) ? .requested(by: requesterID) : .nothing
    }
}
