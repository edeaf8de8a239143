import Access
import Crypto
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

    struct NewUser: Codable {
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

    func list(_ exchange: Exchange, _ principal: Principal) async throws -> Response {
        let limit = try exchange.query(Self.limit) ?? 50
        var page = try await accounts.page(
            after: try exchange.query(Self.cursor), login: try exchange.query(Self.login), limit: limit + 1)
        let hasMore = page.count > limit
        if hasMore { page.removeLast() }
        return JSONBody.response(
            UserListDocument(users: page.map(UserDocument.init), next: hasMore ? page.last?.id.canonical : nil))
    }

    func create(_ exchange: Exchange, _ principal: Principal) async throws -> Response {
        let (request, body) = try await exchange.smallWithBytes(NewUser.self)
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
        let new = account, kept = hash
        let invitation = hash == nil ? signIns.oneTimeToken(.invitation) : nil
        return try await exchange.once(
            key(of: request, body, exchange, principal), status: .created, kept: { Self.repeated($0, hadToken: kept == nil) },
            headers: { [.location: "/v1/users/" + $0.id.canonical] },
            act: { keyed in
                let made = try await accounts.create(
                    new, password: kept, invitation: invitation?.stored, by: exchange.origin(principal), keyed: keyed
                ) {
                    try principal.requireCovering($0.permissions, field: "roles")
                }
                let end = invitation.map { Timestamp($0.stored.expiresAt) }
                return (made, InvitedDocument(user: UserDocument(made), oneTimeToken: invitation?.secret.text, tokenExpiresAt: end))
            })
    }

    /// The request's key. What is kept of it must not make a password easier to guess than what is kept of passwords.
    private func key(of request: NewUser, _ body: [UInt8], _ exchange: Exchange, _ principal: Principal) async throws -> RequestKey? {
        guard let password = request.password, let key = try exchange.requestKey(principal)?.key else {
            return try exchange.requestKey(principal, body: body)
        }
        var request = request
        request.password = nil
        let salt = Array(SHA256.hash(data: Array("\(principal.id) \(key)".utf8)))
        let secret = try await signIns.fingerprint(password, salt: salt)
        return try exchange.requestKey(principal, body: JSONBody.encode(request) + secret)
    }

    /// What is told again of an account that was made or reset.
    private static func repeated(_ account: Account, hadToken: Bool) -> InvitedDocument {
        let note =
            "The token was shown with the first answer, and is kept nowhere. For another one: POST /v1/users/{id}/reset-password under another key."
        return InvitedDocument(user: UserDocument(account), oneTimeToken: nil, tokenExpiresAt: nil, note: hadToken ? note : nil)
    }

    func get(_ exchange: Exchange, _ principal: Principal) async throws -> Response {
        guard let account = try await accounts.account(try exchange.id()) else { throw Problem.absent }
        return Self.response(account)
    }

    func change(_ exchange: Exchange, _ principal: Principal) async throws -> Response {
        let id = try exchange.id(), request = try await exchange.small(Change.self), expected = try exchange.expectedVersion()
        if let name = request.name { try AccountFields.check(name: name) }
        return Self.response(
            try await accounts.change(
                id, name: request.name, persona: request.persona, expected: expected, by: exchange.origin(principal),
                rule: Self.covered(by: principal)))
    }

    func set(_ state: Account.State, _ exchange: Exchange, _ principal: Principal) async throws -> Response {
        try await exchange.once(
            exchange.requestKey(principal), kept: UserDocument.init, headers: Self.tag,
            act: { keyed in
                let account = try await accounts.set(
                    state, of: try exchange.id(), by: exchange.origin(principal), keyed: keyed, rule: Self.covered(by: principal))
                return (account, UserDocument(account))
            })
    }

    func reset(_ exchange: Exchange, _ principal: Principal) async throws -> Response {
        let token = signIns.oneTimeToken(.reset)
        return try await exchange.once(
            exchange.requestKey(principal), kept: { Self.repeated($0, hadToken: true) },
            act: { keyed in
                let account = try await accounts.reset(
                    try exchange.id(), with: token.stored, by: exchange.origin(principal), keyed: keyed, rule: Self.covered(by: principal))
                let end = Timestamp(token.stored.expiresAt)
                return (account, InvitedDocument(user: UserDocument(account), oneTimeToken: token.secret.text, tokenExpiresAt: end))
            })
    }

    func listSessions(_ exchange: Exchange, _ principal: Principal) async throws -> Response {
        let id = try exchange.id()
        guard try await accounts.account(id) != nil else { throw Problem.absent }
        let all = try await sessions.list(of: id)
        return JSONBody.response(SessionListDocument(sessions: all.map { SessionDocument($0, current: principal.signIn?.session) }))
    }

    func endSessions(_ exchange: Exchange, _ principal: Principal) async throws -> Response {
        try await sessions.endAll(of: try exchange.id(), by: exchange.origin(principal), rule: Self.covered(by: principal))
        return Response(status: .noContent)
    }

    func set(granted: Bool, _ exchange: Exchange, _ principal: Principal) async throws -> Response {
        let account = try await accounts.set(
            role: try exchange.name(1), of: try exchange.id(), granted: granted, by: exchange.origin(principal)
        ) { target, given in
            try principal.requireCovering(given)
            // Taking a role away is an act on the account as well.
            try principal.requireCovering(target.permissions)
        }
        return Self.response(account)
    }

    private static func response(_ account: Account) -> Response { JSONBody.response(UserDocument(account), headers: tag(account)) }

    @Sendable private static func tag(_ account: Account) -> HTTPFields { [.eTag: VersionTag.text(account.version)] }

    private static func covered(by principal: Principal) -> Accounts.Rule { { try principal.requireCovering($0.permissions) } }
}
