import Access
import Domain
import Testing

@Suite("Nobody gives what they do not have")
struct GrantRulesTests {
    @Test func coveringIsHoldingAll() throws {
        let agent = Principal.of(.agent)
        try agent.requireCovering(Role.endUser.defaultPermissions)
        try agent.requireCovering([])
        #expect(throws: AccessRefusal(.auditRead, field: "roles")) {
            try agent.requireCovering(Role.admin.defaultPermissions, field: "roles")
        }
    }

    @Test("Whoever covers two sets covers their union, and every part of what is covered", arguments: 0..<200)
    func lattice(seed: Int) {
        var generator = SystemRandomNumberGenerator()
        func some() -> Set<Permission> { Set(Permission.allCases.filter { _ in Bool.random(using: &generator) }) }
        let principal = Principal.holding(some()), a = some(), b = some()
        func covers(_ permissions: Set<Permission>) -> Bool { (try? principal.requireCovering(permissions)) != nil }
        #expect((covers(a) && covers(b)) == covers(a.union(b)))
        if covers(a) { #expect(covers(a.intersection(b))) }
    }

    @Test("A key speaks for its maker alone, unless the maker may act for others; names are compared byte by byte")
    func speaking() throws {
        let clerk = Principal.holding([.keysManage], requester: "caf\u{E9}"), agent = Principal.holding([.keysManage, .ticketsOnBehalf])
        try clerk.requireSpeaking(for: "caf\u{E9}", as: clerk.persona)
        for other in ["ada", "cafe\u{301}", ""] {
            #expect(throws: AccessRefusal(.ticketsOnBehalf, field: "requesterId")) { try clerk.requireSpeaking(for: other, as: clerk.persona) }
            try agent.requireSpeaking(for: other, as: .admin)
        }
        for persona in Persona.allCases where persona != clerk.persona {
            #expect(throws: AccessRefusal(.ticketsOnBehalf, field: "persona")) { try clerk.requireSpeaking(for: "caf\u{E9}", as: persona) }
        }
    }

    @Test("An account stands for its login, or its maker's own requester, unless the maker may act for others")
    func inviting() throws {
        let clerk = Principal.holding([.usersManage], requester: "portal"), agent = Principal.holding([.usersManage, .ticketsOnBehalf])
        try clerk.requireInviting("ada", login: "ada")
        try clerk.requireInviting("portal", login: "ada")
        try agent.requireInviting("bob", login: "ada")
        #expect(throws: AccessRefusal(.ticketsOnBehalf, field: "requesterId")) { try clerk.requireInviting("bob", login: "ada") }
    }
}

@Suite("The seeded roles")
struct SeededRolesTests {
    @Test("Each may do what the one below may, and the highest everything")
    func nesting() {
        #expect(Role.endUser.defaultPermissions.isStrictSubset(of: Role.agent.defaultPermissions))
        #expect(Role.agent.defaultPermissions.isStrictSubset(of: Role.admin.defaultPermissions))
        #expect(Role.admin.defaultPermissions == Set(Permission.allCases))
    }

    @Test("Nothing of anyone else's for an end user, nothing of the system's for an agent")
    func limits() {
        for permission in [Permission.ticketsReadAny, .ticketsReplyAny, .ticketsNoteInternal, .ticketsOnBehalf, .usersRead] {
            #expect(!Role.endUser.defaultPermissions.contains(permission))
        }
        for permission in [Permission.usersManage, .rolesManage, .keysManage, .auditRead, .kbPublish] {
            #expect(!Role.agent.defaultPermissions.contains(permission))
        }
    }
}
