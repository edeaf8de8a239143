import Domain
import Foundation
import HTTPTypes
import Hummingbird
import Stores

extension UserRoutes {
    static let limit = QueryParameter.int("limit", 1...200, default: 50, "How many at most.")
    static let cursor = QueryParameter.custom(
        "cursor", schema: ["type": "string", "format": "uuid"], expected: "the 'next' of a page of this list",
        "The `next` of the page before.", read: { $0.utf8.count == 36 ? UUID(uuidString: $0) : nil })

    static let login = QueryParameter.text("login", Limits.short, "Only the account that signs in with this, compared without regard to case.")

    var endpoints: [Endpoint] {
        [
            Endpoint(
                .get, "/v1/users",
                RouteContract(
                    "listUsers", "List the accounts, the newest first", .administration, permissions: [.usersRead, .usersManage],
                    query: [Self.limit, Self.cursor, Self.login], responses: [.ok(UserListDocument.self)]),
                authenticated: list),
            Endpoint(
                .post, "/v1/users",
                RouteContract(
                    "createUser", "Make an account, or invite somebody", .administration,
                    details: """
                        Without a password the answer has a token, shown this once, with which the person sets one (`POST /v1/auth/password`). A \
                        `requesterId` other than the login, or your own, needs the permission `tickets.on_behalf` besides. A repetition under the same `Idempotency-Key` makes no second account, and its answer has
                        no token: that is kept nowhere.
                        """,
                    permissions: [.usersManage], headers: [.idempotencyKey],
                    body: .json(NewUser.self, example: ["login": "mia", "name": "Mia Berg", "persona": "trainee", "roles": ["end_user"]]),
                    responses: [.created(InvitedDocument.self, headers: [.location])], problems: [.alreadyExists, .requestInFlight]),
                authenticated: create),
            Endpoint(
                .get, "/v1/users/{id}",
                RouteContract(
                    "getUser", "An account", .administration, permissions: [.usersRead, .usersManage], path: [.user],
                    responses: [.ok(UserDocument.self, headers: [.etag])], problems: [.notFound]),
                authenticated: get),
            Endpoint(
                .patch, "/v1/users/{id}",
                RouteContract(
                    "changeUser", "Change an account's name or persona", .administration, permissions: [.usersManage], path: [.user],
                    headers: [.ifMatch], body: .json(Change.self, example: ["name": "Mia Berg-Sands"]),
                    responses: [.ok(UserDocument.self, headers: [.etag])], problems: [.notFound]),
                authenticated: change),
            Endpoint(
                .post, "/v1/users/{id}/deactivate",
                RouteContract(
                    "deactivateUser", "Let somebody in no more; their sessions end", .administration, permissions: [.usersManage], path: [.user],
                    headers: [.idempotencyKey], responses: [.ok(UserDocument.self, headers: [.etag])],
                    problems: [.notFound, .lastAdministrator, .requestInFlight]),
                authenticated: { try await set(.deactivated, $0, $1) }),
            Endpoint(
                .post, "/v1/users/{id}/activate",
                RouteContract(
                    "activateUser", "Let somebody in again", .administration, permissions: [.usersManage], path: [.user],
                    headers: [.idempotencyKey], responses: [.ok(UserDocument.self, headers: [.etag])], problems: [.notFound, .requestInFlight]),
                authenticated: { try await set(.active, $0, $1) }),
            Endpoint(
                .post, "/v1/users/{id}/reset-password",
                RouteContract(
                    "resetPassword", "Take the password away and hand out a token for a new one", .administration,
                    details:
                        """
                        Sessions end, and the account cannot sign in until the new password is set. Somebody who has not come yet is invited anew. \
                        A repetition under the same `Idempotency-Key` resets nothing again, and its answer has no token: that is kept nowhere.
                        """,
                    permissions: [.usersManage], path: [.user], headers: [.idempotencyKey], responses: [.ok(InvitedDocument.self)],
                    problems: [.notFound, .lastAdministrator, .requestInFlight]),
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
                    responses: [.ok(UserDocument.self, headers: [.etag])], problems: [.notFound]),
                authenticated: { try await set(granted: true, $0, $1) }),
            Endpoint(
                .delete, "/v1/users/{id}/roles/{role}",
                RouteContract(
                    "revokeRole", "Take a role from somebody", .administration, permissions: [.rolesManage], path: [.user, .role],
                    responses: [.ok(UserDocument.self, headers: [.etag])], problems: [.notFound, .lastAdministrator]),
                authenticated: { try await set(granted: false, $0, $1) })
        ]
    }
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
