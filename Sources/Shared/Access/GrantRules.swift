public import Domain

// Nobody gives, takes or commands what they do not have themselves: else whoever may reset passwords could become an administrator.
extension Principal {
    /// Does nothing when it may hand out `given` or take it away.
    /// - Parameter field: the field of the request that names them.
    /// - Throws: `AccessRefusal` naming the first permission that it lacks, in the order of their names.
    public func requireCovering(_ given: Set<Permission>, field: String? = nil) throws(AccessRefusal) {
        let lacking = given.subtracting(permissions).min { $0.rawValue < $1.rawValue }
        if let lacking { throw AccessRefusal(lacking, field: field) }
    }

    /// Does nothing when it may make an API key that stands for this requester and persona: its own, or anybody's where it may act for others.
    /// - Throws: `AccessRefusal`, with the field that names another.
    public func requireSpeaking(for requester: String, as persona: Persona) throws(AccessRefusal) {
        guard !may(.ticketsOnBehalf) else { return }
        if !requester.isExactly(requesterID) { throw AccessRefusal(.ticketsOnBehalf, field: "requesterId") }
        if persona != self.persona { throw AccessRefusal(.ticketsOnBehalf, field: "persona") }
    }

    /// Does nothing when it may make an account whose own tickets are this requester's: those of the account's login, its own, or anybody's where it
    /// may act for others.
    /// - Throws: `AccessRefusal`, with the field that names another.
    public func requireInviting(_ requester: String, login: String) throws(AccessRefusal) {
        guard !may(.ticketsOnBehalf), !requester.isExactly(login), !requester.isExactly(requesterID) else { return }
        throw AccessRefusal(.ticketsOnBehalf, field: "requesterId")
    }
}
