public import Access
public import Stores

extension TicketVisibility {
    /// The predicate as the store's queries take it.
    public var scope: TicketScope {
        switch self {
        case .everything: .all
        case .requested(let requester): .requester(requester)
        case .nothing: .none
        }
    }
}
