public import Domain

extension Principal {
    /// Who a reply is by, given that the principal may see the ticket.
    /// - Parameters:
    ///   - requester: whose ticket it is.
    ///   - author: whom the request names, when it speaks for somebody.
    /// - Throws: `AccessRefusal`, naming the field that asks for too much.
    public func replyAuthor(
        onTicketOf requester: String, visibility: Visibility, speakingFor author: Author?
    ) throws(AccessRefusal) -> Author {
        let isOwn = requester.isExactly(requesterID)
        guard may(.ticketsReplyAny) || (isOwn && may(.ticketsReplyOwn)) else {
            throw AccessRefusal(isOwn ? .ticketsReplyOwn : .ticketsReplyAny)
        }
        if visibility == .internal, !may(.ticketsNoteInternal) { throw AccessRefusal(.ticketsNoteInternal, field: "visibility") }
        let own = Author(kind: isOwn ? .requester : .agent, id: requesterID)
        guard let author, author.kind != own.kind || !author.id.isExactly(own.id) else { return own }
        guard may(.ticketsOnBehalf) else { throw AccessRefusal(.ticketsOnBehalf, field: "author") }
        return author
    }

    /// Whether it sees internal notes.
    public var seesInternalNotes: Bool { may(.ticketsNoteInternal) }
}
