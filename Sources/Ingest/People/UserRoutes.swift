import Access
import Domain
import Foundation
import HTTPTypes
import Hummingbird
import Identity
import Stores

/// Accounts, for administrators. Nobody acts on an account that may more than they may themselves.
struct UserRoutes: Sendable {
    let signIns: SignIns
    let accounts: Accounts
    let sessions: Sessions

    static let limit = QueryParameter.int("limit", 1...200, default: 50, "How many at most.")
    static let cursor = QueryParameter.custom(
        "cursor", schema: ["type": "string", "format": "uuid"], expected: "the 'next' of a page of this list",
        "The `next` of the page before.", read: { $0.utf8.count == 36 ? UUID(uuidString: $0) : nil })

    var endpoints: [Endpoint] {
        [
            Endpoint(
                .get, "/v1/users",
                RouteContract(
                    "listUsers", "List the accounts, the newest first", .administration, permissions: [.usersRead, .usersManage],
                    query: [Self.limit, Self.cursor], responses: [.ok(UserListDocument.self)]),
                authenticated: list),
            Endpoint(
                .post, "/v1/users",
                RouteContract(
                    "createUser", "Make an account, or invite somebody", .administration,
                    details: """
                        Without a password the answer has a token, shown this once, with which the person sets one (`POST /v1/auth/password`). A \
                        `requesterId` other than the login, or your own, needs the permission `tickets.on_behalf` besides.
                        """,
                    permissions: [.usersManage], body: .json(NewUser.self), responses: [.created(InvitedDocument.self, headers: [.location])],
                    problems: [.alreadyExists]),
                authenticated: create),
            Endpoint(
                .get, "/v1/users/{id}",
                RouteContract(
                    "getUser", "An account", .administration, permissions: [.usersRead, .usersManage], path: [.user],
                    responses: [.ok(UserDocument.self)], problems: [.notFound]),
                authenticated: get),
            Endpoint(
                .patch, "/v1/users/{id}",
                RouteContract(
                    "changeUser", "Change an account's name or persona", .administration, permissions: [.usersManage], path: [.user],
                    body: .json(Change.self), responses: [.ok(UserDocument.self)], problems: [.notFound]),
                authenticated: change),
            Endpoint(
                .post, "/v1/users/{id}/deactivate",
                RouteContract(
                    "deactivateUser", "Let somebody in no more; their sessions end", .administration, permissions: [.usersManage], path: [.user],
                    responses: [.ok(UserDocument.self)], problems: [.notFound, .lastAdministrator]),
                authenticated: { try await set(.deactivated, $0, $1) }),
            Endpoint(
                .post, "/v1/users/{id}/activate",
                RouteContract(
                    "activateUser", "Let somebody in again", .administration, permissions: [.usersManage], path: [.user],
                    responses: [.ok(UserDocument.self)], problems: [.notFound]),
                authenticated: { try await set(.active, $0, $1) }),
            Endpoint(
                .post, "/v1/users/{id}/reset-password",
                RouteContract(
                    "resetPassword", "Take the password away and hand out a token for a new one", .administration,
                    details:
                        "Sessions end, and the account cannot sign in until the new password is set. Somebody who has not come yet is invited anew.",
                    permissions: [.usersManage], path: [.user], responses: [.ok(InvitedDocument.self)], problems: [.notFound, .lastAdministrator]),
                authenticated: reset),
            Endpoint(
                .get, "/v1/users/{id}/sessions",
                RouteContract(
                    "listSessions", "Somebody's sessions, newest first", .administration, permissions: [.usersManage], path: [.user],
                    responses: [.ok(SessionListDocument.self)], problems: [.notFound]),
                authenticated: listSessions),
            Endpoint(
                .delete, "/v1/users/{id}/sessions",
                RouteContract(
                    "endSessions", "End all of somebody's sessions", .administration, permissions: [.usersManage], path: [.user],
                    responses: [.noContent()], problems: [.notFound]),
                authenticated: endSessions),
            Endpoint(
                .put, "/v1/users/{id}/roles/{role}",
                RouteContract(
                    "grantRole", "Give somebody a role", .administration, permissions: [.rolesManage], path: [.user, .role],
                    responses: [.ok(UserDocument.self)], problems: [.notFound]),
                authenticated: { try await set(granted: true, $0, $1) }),
            Endpoint(
                .delete, "/v1/users/{id}/roles/{role}",
                RouteContract(
                    "revokeRole", "Take a role from somebody", .administration, permissions: [.rolesManage], path: [.user, .role],
                    responses: [.ok(UserDocument.self)], problems: [.notFound, .lastAdministrator]),
                authenticated: { try await set(granted: false, $0, $1) })
        ]
    }

    struct NewUser: Decodable {
        var login: String
        var name: String
        /// Absent: `trainee`.
        var persona: Persona?
        /// Absent: the login.
        var requesterId: String?
        /// Absent: `end_user`.
        var roles: [String]?
        /// Absent: the person is invited.
        var password: String?
    }

    struct Change: Decodable {
        var name: String?
        var persona: Persona?
    }

    private func list(_ exchange: Exchange, _ principal: Principal) async throws -> Response {
        let limit = try exchange.query(Self.limit) ?? 50
        var page = try await accounts.page(after: try exchange.query(Self.cursor), limit: limit + 1)
        let hasMore = page.count > limit
        if hasMore { page.removeLast() }
        return JSONBody.response(
            UserListDocument(users: page.map(UserDocument.init), next: hasMore ? page.last?.id.canonical : nil))
    }

    private func create(_ exchange: Exchange, _ principal: Principal) async throws -> Response {
        let request = try await exchange.small(NewUser.self)
        try AccountFields.check(login: request.login)
        try AccountFields.check(name: request.name)
        try Limits.check(request.requesterId, "requesterId", limit: Limits.short, required: request.requesterId != nil)
        let requester = request.requesterId ?? request.login
        try principal.requireInviting(requester, login: request.login)
        let roles = Array(Set(request.roles ?? [Role.endUser.rawValue])).sorted()
        guard roles.count <= 50 else { throw InvalidField("roles", expected: "at most 50", found: "\(roles.count)") }
        for role in roles { try Limits.check(role, "roles", limit: Limits.short, required: true) }
        var account = Account(
            login: request.login, name: request.name, persona: request.persona ?? .trainee, requesterID: requester,
            roles: roles)
        var hash: String?
        if let password = request.password {
            try PasswordPolicy.check(password, field: "password", own: [request.login, request.name])
            hash = try await signIns.hash(password)
            account.hasPassword = true
        }
        let invitation = hash == nil ? signIns.oneTimeToken(.invitation) : nil
        try await accounts.create(account, password: hash, invitation: invitation?.stored, by: exchange.origin(principal)) {
            try principal.requireCovering($0.permissions, field: "roles")
        }
        return JSONBody.response(
            InvitedDocument(
                user: UserDocument(account), oneTimeToken: invitation?.secret.text, tokenExpiresAt: invitation.map { Timestamp($0.stored.expiresAt) }),
            status: .created, headers: [.location: "/v1/users/" + account.id.canonical])
    }

    private func get(_ exchange: Exchange, _ principal: Principal) async throws -> Response {
        guard let account = try await accounts.account(try exchange.id()) else { throw Problem.absent }
        return JSONBody.response(UserDocument(account))
    }

    private func change(_ exchange: Exchange, _ principal: Principal) async throws -> Response {
        let id = try exchange.id(), request = try await exchange.small(Change.self)
        if let name = request.name { try AccountFields.check(name: name) }
        return JSONBody.response(
            UserDocument(
                try await accounts.change(
                    id, name: request.name, persona: request.persona, by: exchange.origin(principal), rule: Self.covered(by: principal))))
    }

    private func set(_ state: Account.State, _ exchange: Exchange, _ principal: Principal) async throws -> Response {
        JSONBody.response(
            UserDocument(try await accounts.set(state, of: try exchange.id(), by: exchange.origin(principal), rule: Self.covered(by: principal))))
    }

    private func reset(_ exchange: Exchange, _ principal: Principal) async throws -> Response {
        let token = signIns.oneTimeToken(.reset)
        let account = try await accounts.reset(
            try exchange.id(), with: token.stored, by: exchange.origin(principal), rule: Self.covered(by: principal))
        return JSONBody.response(
            InvitedDocument(user: UserDocument(account), oneTimeToken: token.secret.text, tokenExpiresAt: Timestamp(token.stored.expiresAt)))
    }

    private func listSessions(_ exchange: Exchange, _ principal: Principal) async throws -> Response {
        let id = try exchange.id()
        guard try await accounts.account(id) != nil else { throw Problem.absent }
        let all = try await sessions.list(of: id)
        return JSONBody.response(SessionListDocument(sessions: all.map { SessionDocument($0, current: principal.signIn?.session) }))
    }

    private func endSessions(_ exchange: Exchange, _ principal: Principal) async throws -> Response {
        try await sessions.endAll(of: try exchange.id(), by: exchange.origin(principal), rule: Self.covered(by: principal))
        return Response(status: .noContent)
    }

    private func set(granted: Bool, _ exchange: Exchange, _ principal: Principal) async throws -> Response {
        let account = try await accounts.set(
            role: try exchange.name(1), of: try exchange.id(), granted: granted, by: exchange.origin(principal)
        ) { target, given in
            try principal.requireCovering(given)
            // Taking a role away is an act on the account as well.
            try principal.requireCovering(target.permissions)
        }
        return JSONBody.response(UserDocument(account))
    }

    private static func covered(by principal: Principal) -> Accounts.Rule { { try principal.requireCovering($0.permissions) } }
}

extension UserRoutes.NewUser: Annotated {
    static let notes: [String: Note] = [
        "login": .text(Limits.short, required: true, "What the person signs in with; without spaces, compared without regard to case."),
        "name": .text(Limits.short, required: true, "What the person is called."),
        "persona": .about("What the person is on the platform; absent: `trainee`."),
        "requesterId": .text(
            Limits.short, required: true, "Whose tickets are the person's own; absent: the login. Anybody else's needs `tickets.on_behalf`."),
        "roles": .list(50, "Roles that exist and allow nothing that you may not; absent: `end_user`."),
        "password": .newPassword
    ]
}

extension UserRoutes.Change: Annotated {
    static let notes: [String: Note] = [
        "name": .text(Limits.short, required: true, "What the person is called; absent: as it is."),
        "persona": .about("What the person is on the platform; absent: as it is.")
    ]
}
