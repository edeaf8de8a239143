import Access
import Domain
import Testing

@Suite("Nobody gives what they do not have")
struct GrantRulesTests {
    @Test func coveringIsHoldingAll() throws {
        let agent = Principal.of(.agent)
        #expect(agent.covers(Role.endUser.defaultPermissions) && agent.covers([]))
        try agent.requireCovering(Role.endUser.defaultPermissions)
        #expect(throws: AccessRefusal(.auditRead, field: "roles")) {
            try agent.requireCovering(Role.admin.defaultPermissions, field: "roles")
        }
    }

    @Test("Whoever covers two sets covers their union, and every part of what is covered", arguments: 0..<200)
    func lattice(seed: Int) {
        var generator = SystemRandomNumberGenerator()
        func some() -> Set<Permission> { Set(Permission.allCases.filter { _ in Bool.random(using: &generator) }) }
        let principal = Principal.holding(some()), a = some(), b = some()
        #expect((principal.covers(a) && principal.covers(b)) == principal.covers(a.union(b)))
        if principal.covers(a) { #expect(principal.covers(a.intersection(b))) }
    }

    @Test func lastAdministrator() {
        #expect(LastAdministrator.isEnded(byRemoving: 1, from: [1]))
        #expect(!LastAdministrator.isEnded(byRemoving: 1, from: [1, 2]))
        #expect(!LastAdministrator.isEnded(byRemoving: 3, from: [1]))
        #expect(!LastAdministrator.isEnded(byRemoving: 3, from: []))
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
