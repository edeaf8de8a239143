public import Domain
public import Foundation

/// What a ticket's history says that matters to its clocks.
public struct SLAEvent: Codable, Sendable, Hashable {
    public enum Kind: Codable, Sendable, Hashable {
        case submitted(Severity)
        case severity(Severity)
        case state(TicketState)
        /// A reply by the AI or an agent that the requester can see.
        case responded
    }

    /// Event time.
    public var at: Date
    public var kind: Kind

    public init(_ kind: Kind, at: Date) {
        self.kind = kind
        self.at = at
    }
}
