public import Domain

/// In whose name a ticket is submitted.
public struct SubmissionIdentity: Sendable, Hashable {
    public let requesterID: String
    public let persona: Persona
}

extension Principal {
    /// The requester and persona of a new ticket: the principal's own, or those it names when it may act for others.
    /// Naming oneself is always allowed.
    /// - Throws: `AccessRefusal`, with the field that names somebody else.
    public func submissionIdentity(requester: String?, persona: Persona?) throws(AccessRefusal) -> SubmissionIdentity {
        try require(.ticketsSubmit)
        if !may(.ticketsOnBehalf) {
            if let requester, !requester.isExactly(requesterID) { throw AccessRefusal(.ticketsOnBehalf, field: "requester.id") }
            if let persona, persona != self.persona { throw AccessRefusal(.ticketsOnBehalf, field: "persona") }
        }
        return SubmissionIdentity(requesterID: requester ?? requesterID, persona: persona ?? self.persona)
    }
}
