import Access
import Domain
import Foundation
import HTTPTypes
import Hummingbird
import Identity
import Stores

/// Signing in, staying in, and leaving.
struct AuthRoutes: Sendable {
    let signIns: SignIns
    let accounts: Accounts
    let sessions: Sessions
    let authenticator: Authenticator
    let selfRegistration: Bool

    /// A repetition of these is harmless or must not be answered alike: tokens are good once.
    private static let unkeyed = "The header `Idempotency-Key` is passed over here."

    var endpoints: [Endpoint] {
        let problems: [ProblemType] = [.databaseUnavailable, .identityUnavailable]
        return [
            Endpoint(
                .post, "/v1/auth/login",
                RouteContract(
                    "login", "Sign in with login and password", .identity,
                    details:
                        "The answer and the time it takes are the same for a login that does not exist and for a wrong password. \(Self.unkeyed)",
                    body: .json(Login.self, example: ["login": "mia", "password": "what only you know"]),
                    responses: [.ok(TokensDocument.self, "You are in.")],
                    problems: problems + [.invalidCredentials, .tooManyAttempts]),
                open: login),
            Endpoint(
                .post, "/v1/auth/refresh",
                RouteContract(
                    "refresh", "Exchange a refresh token for the next pair of tokens", .identity,
                    details: "Each refresh token is good once. A second use ends the session: somebody has a copy. \(Self.unkeyed)",
                    body: .json(Refresh.self, example: ["refreshToken": "the one of your last sign-in or refresh"]),
                    responses: [.ok(TokensDocument.self)], problems: problems + [.invalidCredentials]),
                open: refresh),
            Endpoint(
                .post, "/v1/auth/logout",
                RouteContract(
                    "logout", "End this session", .identity, details: Self.unkeyed, responses: [.noContent()], problems: [.forbidden, .notFound]),
                authenticated: logout),
            Endpoint(
                .post, "/v1/auth/logout-all",
                RouteContract(
                    "logoutEverywhere", "End all your sessions, this one too", .identity, details: Self.unkeyed, responses: [.noContent()],
                    problems: [.forbidden, .notFound]
                ),
                authenticated: logoutEverywhere),
            Endpoint(
                .post, "/v1/auth/password",
                RouteContract(
                    "setPassword", "Set your password with an invitation or a reset", .identity, details: Self.unkeyed,
                    body: .json(
                        NewPassword.self, example: ["token": "the one that you were given", "password": "a sentence is a good one"]),
                    responses: [.noContent("It is set; sign in with it. Sessions that were open have ended.")], problems: problems),
                open: setPassword),
            Endpoint(
                .post, "/v1/auth/register",
                RouteContract(
                    "register", "Make an account for yourself, where that is switched on", .identity,
                    details: "The account has the role `end_user` and no tickets but its own. \(Self.unkeyed)",
                    body: .json(
                        Registration.self, example: ["login": "mia", "name": "Mia Berg", "password": "a sentence is a good one"]),
                    responses: [.created(UserDocument.self)], problems: problems + [.forbidden, .alreadyExists, .tooManyAttempts]),
                open: register),
            Endpoint(
                .get, "/.well-known/jwks.json",
                RouteContract(
                    "keySet", "The public keys that access tokens are signed with (RFC 7517)", .identity, responses: [.ok(KeySetDocument.self)],
                    problems: [.identityUnavailable]),
                open: { [authenticator] _ in JSONBody.response(KeySetDocument(keys: try authenticator.tokens.published())) })
        ]
    }

    struct Login: Decodable {
        var login: String
        var password: String
    }

    struct Refresh: Decodable {
        var refreshToken: String
    }

    struct NewPassword: Decodable {
        var token: String
        var password: String
    }

    struct Registration: Decodable {
        var login: String
        var name: String
        var password: String
    }

    private func login(_ exchange: Exchange) async throws -> Response {
        let request = try await exchange.small(Login.self)
        try Limits.check(request.login, "login", limit: Limits.short, required: true)
        try Limits.check(request.password, "password", limit: PasswordPolicy.length.upperBound, required: true)
        let signedIn = try await signIns.signIn(
            login: request.login, password: request.password, userAgent: exchange.userAgent, from: exchange.strangersOrigin,
            network: exchange.network)
        return JSONBody.response(TokensDocument(signedIn))
    }

    private func refresh(_ exchange: Exchange) async throws -> Response {
        let request = try await exchange.small(Refresh.self)
        return JSONBody.response(TokensDocument(try await signIns.refresh(request.refreshToken, from: exchange.strangersOrigin)))
    }

    private func logout(_ exchange: Exchange, _ principal: Principal) async throws -> Response {
        let signIn = try principal.signedIn()
        try await sessions.end(signIn.session, of: signIn.account, by: exchange.origin(principal))
        authenticator.forget(session: signIn.session)
        return Response(status: .noContent)
    }

    private func logoutEverywhere(_ exchange: Exchange, _ principal: Principal) async throws -> Response {
        let signIn = try principal.signedIn()
        try await sessions.endAll(of: signIn.account, by: exchange.origin(principal)) { _ in }
        authenticator.forget(session: signIn.session)
        return Response(status: .noContent)
    }

    private func setPassword(_ exchange: Exchange) async throws -> Response {
        let request = try await exchange.small(NewPassword.self)
        _ = try await signIns.setPassword(request.password, token: request.token, from: exchange.strangersOrigin)
        return Response(status: .noContent)
    }

    private func register(_ exchange: Exchange) async throws -> Response {
        guard selfRegistration else {
            throw Problem(.forbidden, "Registering is switched off here (accounts.self-registration); ask an administrator for an invitation.")
        }
        let request = try await exchange.small(Registration.self)
        try AccountFields.check(login: request.login)
        try AccountFields.check(name: request.name)
        try PasswordPolicy.check(request.password, field: "password", own: [request.login, request.name])
        try await signIns.beginRegistration(from: exchange.network)
        // Whose tickets are theirs is never what they typed: that could be somebody else's name in an upstream system.
        let id = UUID.v7()
        var account = Account(
            id: id, login: request.login, name: request.name, persona: .trainee, requesterID: Account.reference(id), roles: [Role.endUser.rawValue])
        try await accounts.create(
            account, password: try await signIns.hash(request.password), action: .accountRegistered, by: exchange.strangersOrigin
        ) { _ in }
        account.hasPassword = true
        return JSONBody.response(UserDocument(account), status: .created)
    }
}

/// What a login and a name may be.
enum AccountFields {
    static func check(login: String) throws {
        try Limits.check(login, "login", limit: Limits.short, required: true)
        guard login.unicodeScalars.allSatisfy({ !$0.properties.isWhitespace && $0.properties.generalCategory != .control }) else {
            throw InvalidField("login", expected: "a text without spaces and control characters", found: "one of them")
        }
    }

    static func check(name: String) throws { try Limits.check(name, "name", limit: Limits.short, required: true) }
}

extension AuthRoutes.Login: Annotated {
    static let notes: [String: Note] = [
        "login": .text(Limits.short, required: true, "Compared without regard to case."),
        "password": .text(PasswordPolicy.length.upperBound, required: true, "The password.")
    ]
}

extension AuthRoutes.Refresh: Annotated {
    static let notes: [String: Note] = ["refreshToken": .about("`hdr_...`, from the last answer of login or refresh.")]
}

extension AuthRoutes.NewPassword: Annotated {
    static let notes: [String: Note] = ["token": .about("`hdo_...`, from an administrator."), "password": .newPassword]
}

extension AuthRoutes.Registration: Annotated {
    static let notes: [String: Note] = [
        "login": .text(Limits.short, required: true, "What you will sign in with; without spaces."),
        "name": .text(Limits.short, required: true, "What you are called."), "password": .newPassword
    ]
}

extension Note {
    static let newPassword = Note(members: [
        "description": "12 to 128 characters, and not what guessers try first.", "minLength": .int(PasswordPolicy.length.lowerBound),
        "maxLength": .int(PasswordPolicy.length.upperBound), "pattern": .string(Note.withoutNull)
    ])
}
