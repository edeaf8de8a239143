import Postgres

/// Which tickets a query may touch. Stubs belong to no scope.
public enum TicketScope: Sendable, Hashable {
    case all
    case requester(String)
    case none

    /// The condition on a row of `helpdesk.tickets`.
    var condition: SQL {
        switch self {
        case .all: "version > 0"
        case .requester(let id): "version > 0 AND requester_id = \(id)"
        case .none: "false"
        }
    }
}
