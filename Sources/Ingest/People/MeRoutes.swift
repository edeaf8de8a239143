import Access
import Domain
import Foundation
import HTTPTypes
import Hummingbird
import Identity
import Stores

/// What everyone may see and do about themselves.
struct MeRoutes: Sendable {
    let signIns: SignIns
    let accounts: Accounts
    let sessions: Sessions
    let authenticator: Authenticator

    var endpoints: [Endpoint] {
        [
            Endpoint(
                .get, "/v1/me",
                RouteContract("me", "Who you are to the help desk, and what you may do", .identity, responses: [.ok(MeDocument.self)]),
                authenticated: me),
            Endpoint(
                .put, "/v1/me/password",
                RouteContract(
                    "changePassword", "Change your password; every other session of yours ends", .identity,
                    body: .json(
                        Change.self, example: ["currentPassword": "the one you have", "newPassword": "a sentence is a good one"]),
                    responses: [.noContent()], problems: [.forbidden, .invalidCredentials, .tooManyAttempts]),
                authenticated: changePassword),
            Endpoint(
                .get, "/v1/me/sessions",
                RouteContract(
                    "listMySessions", "Your sessions, newest first", .identity, responses: [.ok(SessionListDocument.self)], problems: [.forbidden]),
                authenticated: list),
            Endpoint(
                .delete, "/v1/me/sessions/{id}",
                RouteContract(
                    "endMySession", "End one of your sessions", .identity, path: [.session], responses: [.noContent()],
                    problems: [.forbidden, .notFound]),
                authenticated: end)
        ]
    }

    struct Change: Decodable {
        var currentPassword: String
        var newPassword: String
    }

    private func me(_ exchange: Exchange, _ principal: Principal) async throws -> Response {
        var account: Account?
        if let signIn = principal.signIn { account = try await accounts.account(signIn.account) }
        return JSONBody.response(
            MeDocument(
                principal: principal.id, permissions: principal.permissions.sorted { $0.rawValue < $1.rawValue },
                requesterId: principal.requesterID, persona: principal.persona, user: account.map(UserDocument.init)))
    }

    private func changePassword(_ exchange: Exchange, _ principal: Principal) async throws -> Response {
        let signIn = try principal.signedIn()
        let request = try await exchange.small(Change.self)
        try Limits.check(request.currentPassword, "currentPassword", limit: PasswordPolicy.length.upperBound, required: true)
        try await signIns.changePassword(
            request.currentPassword, to: request.newPassword, account: signIn.account, session: signIn.session, from: exchange.origin(principal))
        return Response(status: .noContent)
    }

    private func list(_ exchange: Exchange, _ principal: Principal) async throws -> Response {
        let signIn = try principal.signedIn()
        let all = try await sessions.list(of: signIn.account)
        return JSONBody.response(SessionListDocument(sessions: all.map { SessionDocument($0, current: signIn.session) }))
    }

    private func end(_ exchange: Exchange, _ principal: Principal) async throws -> Response {
        let signIn = try principal.signedIn(), session = try exchange.id()
        try await sessions.end(session, of: signIn.account, by: exchange.origin(principal))
        authenticator.forget(session: session)
        return Response(status: .noContent)
    }
}

extension MeRoutes.Change: Annotated {
    static let notes: [String: Note] = [
        "currentPassword": .text(PasswordPolicy.length.upperBound, required: true, "The password you have."), "newPassword": .newPassword
    ]
}

extension PathParameter {
    static let session = PathParameter(name: "id", schema: ["type": "string", "format": "uuid"], about: "The session.")
    static let user = PathParameter(name: "id", schema: ["type": "string", "format": "uuid"], about: "The account.")
    static let key = PathParameter(name: "id", schema: ["type": "string", "format": "uuid"], about: "The key.")
    static let role = PathParameter(name: "role", schema: ["type": "string"], about: "The role's name.")
    static let permission = PathParameter(name: "permission", schema: ["type": "string"], about: "The permission's name.")
}
