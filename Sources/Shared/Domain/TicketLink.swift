public import Foundation

/// Two tickets that belong together, seen from one of them. Each link is kept from both sides.
public struct TicketLink: Sendable, Hashable {
    public enum Kind: String, ClosedWord, Codable, Sendable, CaseIterable {
        case related
        /// It goes on with what the other, closed one was about.
        case follows
        case followedBy = "followed_by"

        public var inverse: Kind {
            switch self {
            case .related: .related
            case .follows: .followedBy
            case .followedBy: .follows
            }
        }
    }

    public var ticket: TicketID
    public var other: TicketID
    public var kind: Kind
    public var by: Author
    public var at: Date

    public init(ticket: TicketID, other: TicketID, kind: Kind, by: Author, at: Date) {
        self.ticket = ticket
        self.other = other
        self.kind = kind
        self.by = by
        self.at = at
    }

    /// The same from the other side.
    public var inverse: TicketLink { TicketLink(ticket: other, other: ticket, kind: kind.inverse, by: by, at: at) }
}
