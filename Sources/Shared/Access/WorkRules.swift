public import Domain

extension Principal {
    /// In what capacity it does something to a ticket that it may see.
    /// - Parameters:
    ///   - requester: whose ticket it is.
    ///   - any: what allows it on every ticket.
    ///   - own: what allows it on one's own; nil: nothing does.
    /// - Throws: `AccessRefusal`.
    public func party(
        onTicketOf requester: String, any: Permission, own: Permission? = nil
    ) throws(AccessRefusal) -> TicketParty {
        if may(any) { return .agent }
        guard let own, requester.isExactly(requesterID) else { throw AccessRefusal(any) }
        guard may(own) else { throw AccessRefusal(own) }
        return .requester
    }

    /// It as the author of what it does by hand.
    public func author(as party: TicketParty) -> Author {
        Author(kind: party == .agent ? .agent : .requester, id: requesterID)
    }
}
