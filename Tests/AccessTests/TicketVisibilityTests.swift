import Access
import Domain
import Testing

extension Principal {
    static func of(_ role: Role, requester: String = "ada", persona: Persona = .trainee) -> Principal {
        Principal(id: "key:1", role: role.rawValue, permissions: role.defaultPermissions, requesterID: requester, persona: persona)
    }

    static func holding(_ permissions: Set<Permission>, requester: String = "ada") -> Principal {
        Principal(id: "key:1", role: "custom", permissions: permissions, requesterID: requester, persona: .trainee)
    }
}

@Suite("Which tickets exist for whom")
struct TicketVisibilityTests {
    @Test(arguments: [
        (Principal.of(.admin), true, true), (.of(.agent), true, true), (.of(.endUser), true, false),
        (.holding([.ticketsReadAny]), true, true), (.holding([.ticketsReadOwn]), true, false), (.holding([.ticketsSubmit]), false, false),
        (.holding([]), false, false)
    ])
    func predicate(principal: Principal, seesOwn: Bool, seesOthers: Bool) {
        #expect(principal.visibleTickets.includes(ticketOf: "ada") == seesOwn)
        #expect(principal.visibleTickets.includes(ticketOf: "bob") == seesOthers)
    }

    @Test("An owner is compared exactly: no case folding, no prefix")
    func exactOwner() {
        let visibility = Principal.of(.endUser).visibleTickets
        for other in ["Ada", "ada ", "ad", "adaa", ""] { #expect(!visibility.includes(ticketOf: other)) }
    }
}

@Suite("In whose name a ticket is submitted")
struct SubmissionIdentityTests {
    @Test("Without a word of the body it is the key's own")
    func own() throws {
        let identity = try Principal.of(.endUser, persona: .instructor).submissionIdentity(requester: nil, persona: nil)
        #expect(identity.requesterID == "ada" && identity.persona == .instructor)
    }

    @Test("Naming oneself is allowed to everyone")
    func oneself() throws {
        let identity = try Principal.of(.endUser).submissionIdentity(requester: "ada", persona: .trainee)
        #expect(identity.requesterID == "ada")
    }

    @Test(
        arguments: [("bob", nil, "requester.id"), (nil, Persona.operator, "persona"), ("bob", .operator, "requester.id")]
            as [(String?, Persona?, String)])
    func anotherIsRefused(requester: String?, persona: Persona?, field: String) {
        #expect(throws: AccessRefusal(.ticketsOnBehalf, field: field)) {
            try Principal.of(.endUser).submissionIdentity(requester: requester, persona: persona)
        }
    }

    @Test("Who may act for others names them")
    func onBehalf() throws {
        let identity = try Principal.of(.agent).submissionIdentity(requester: "bob", persona: .operator)
        #expect(identity.requesterID == "bob" && identity.persona == .operator)
    }

    @Test func submittingIsAPermission() {
        #expect(throws: AccessRefusal(.ticketsSubmit)) {
            try Principal.holding([.ticketsOnBehalf]).submissionIdentity(requester: nil, persona: nil)
        }
    }
}

@Suite("Who a reply is by")
struct ReplyRulesTests {
    @Test func requesterOnOwnTicket() throws {
        let author = try Principal.of(.endUser).replyAuthor(onTicketOf: "ada", visibility: .public, speakingFor: nil)
        #expect(author == Author(kind: .requester, id: "ada"))
    }

    @Test func agentOnAnothersTicket() throws {
        let author = try Principal.of(.agent, requester: "eve").replyAuthor(onTicketOf: "ada", visibility: .internal, speakingFor: nil)
        #expect(author == Author(kind: .agent, id: "eve"))
    }

    @Test func speakingForTheRequester() throws {
        let requester = Author(kind: .requester, id: "ada")
        #expect(
            try Principal.of(.agent, requester: "portal").replyAuthor(onTicketOf: "ada", visibility: .public, speakingFor: requester) == requester)
    }

    @Test(
        arguments: [
            (Principal.of(.endUser), "ada", Visibility.internal, nil, Permission.ticketsNoteInternal, "visibility"),
            (.of(.endUser), "ada", .public, Author(kind: .agent, id: "eve"), .ticketsOnBehalf, "author"),
            (.of(.endUser), "bob", .public, nil, .ticketsReplyAny, nil), (.holding([.ticketsReadOwn]), "ada", .public, nil, .ticketsReplyOwn, nil)
        ] as [(Principal, String, Visibility, Author?, Permission, String?)])
    func refusals(principal: Principal, owner: String, visibility: Visibility, author: Author?, permission: Permission, field: String?) {
        #expect(throws: AccessRefusal(permission, field: field)) {
            try principal.replyAuthor(onTicketOf: owner, visibility: visibility, speakingFor: author)
        }
    }
}
