import Access
import Domain
import Foundation
import HTTPTypes
import Hummingbird
import Identity
import Stores

/// API keys of upstream systems. Nobody makes or ends a key that may more than they may themselves.
struct KeyRoutes: Sendable {
    let keys: ApiKeys

    /// How long a key lasts that does not say.
    static let lifetime: TimeInterval = 365 * 86_400
    /// How long it may last at most.
    static let longest: TimeInterval = 5 * 366 * 86_400

    var endpoints: [Endpoint] {
        [
            Endpoint(
                .get, "/v1/keys",
                RouteContract(
                    "listKeys", "List the API keys, the newest first", .administration, permissions: [.keysManage],
                    query: [UserRoutes.limit, UserRoutes.cursor], responses: [.ok(KeyListDocument.self)]),
                authenticated: list),
            Endpoint(
                .post, "/v1/keys",
                RouteContract(
                    "createKey", "Make an API key", .administration,
                    details: """
                        The secret is shown this once: a lost key is replaced, not recovered. A key for a requester or persona that is not your own \
                        needs the permission `tickets.on_behalf` besides. A repetition under the same `Idempotency-Key` makes no second key, and its answer has no
                        secret: that is kept nowhere.
                        """,
                    permissions: [.keysManage], headers: [.idempotencyKey],
                    body: .json(
                        NewKey.self, example: ["name": "course platform", "role": "end_user", "requesterId": "course-platform", "persona": "operator"]
                    ),
                    responses: [.created(NewKeyDocument.self, headers: [.location])], problems: [.requestInFlight]),
                authenticated: create),
            Endpoint(
                .get, "/v1/keys/{id}",
                RouteContract(
                    "getKey", "An API key, without its secret", .administration, permissions: [.keysManage], path: [.key],
                    responses: [.ok(KeyDocument.self)], problems: [.notFound]),
                authenticated: get),
            Endpoint(
                .delete, "/v1/keys/{id}",
                RouteContract(
                    "revokeKey", "End an API key for good; in force everywhere within 5 s", .administration, permissions: [.keysManage], path: [.key],
                    responses: [.noContent()], problems: [.notFound]),
                authenticated: revoke)
        ]
    }

    struct NewKey: Decodable {
        var name: String
        var role: String
        var requesterId: String
        /// Absent: `trainee`, or the maker's own where it may not act for others.
        var persona: Persona?
        /// Absent: all that the role may.
        var permissions: [Permission]?
        /// Absent: in a year.
        var expiresAt: Timestamp?
    }

    private func list(_ exchange: Exchange, _ principal: Principal) async throws -> Response {
        let limit = try exchange.query(UserRoutes.limit) ?? 50
        var page = try await keys.page(after: try exchange.query(UserRoutes.cursor), limit: limit + 1)
        let hasMore = page.count > limit
        if hasMore { page.removeLast() }
        return JSONBody.response(KeyListDocument(keys: page.map(KeyDocument.init), next: hasMore ? page.last?.id.canonical : nil))
    }

    private func create(_ exchange: Exchange, _ principal: Principal) async throws -> Response {
        let (request, body) = try await exchange.smallWithBytes(NewKey.self)
        for (value, field) in [(request.name, "name"), (request.role, "role"), (request.requesterId, "requesterId")] {
            try Limits.check(value, field, limit: Limits.short, required: true)
        }
        let now = Date(), end = request.expiresAt?.date ?? now.addingTimeInterval(Self.lifetime)
        guard end > now, end <= now.addingTimeInterval(Self.longest) else {
            throw InvalidField("expiresAt", expected: "a time to come, within five years", found: RFC3339.string(end))
        }
        let persona = request.persona ?? (principal.may(.ticketsOnBehalf) ? .trainee : principal.persona)
        try principal.requireSpeaking(for: request.requesterId, as: persona)
        let key = ApiKey(
            name: request.name, role: request.role, requesterID: request.requesterId, persona: persona,
            scope: request.permissions.map(Set.init), createdBy: principal.id, createdAt: now, expiresAt: end)
        let secret = KeySecret.random()
        do {
            return try await exchange.once(
                exchange.requestKey(principal, body: body), status: .created,
                kept: {
                    NewKeyDocument(
                        key: KeyDocument($0),
                        note: "The secret was shown with the first answer, and is kept nowhere. Make another key, and end this one.")
                },
                headers: { [.location: "/v1/keys/" + $0.id.canonical] },
                act: { keyed in
                    let made = try await keys.insert(key, hash: secret.hash, by: exchange.origin(principal), keyed: keyed) {
                        try principal.requireCovering($0, field: key.scope == nil ? "role" : "permissions")
                    }
                    return (made, NewKeyDocument(key: KeyDocument(made), secret: secret.text))
                })
        } catch IdentityRefusal.unknownRole {
            throw InvalidField("role", expected: "a role that exists: see GET /v1/roles", found: "another")
        }
    }

    private func get(_ exchange: Exchange, _ principal: Principal) async throws -> Response {
        guard let key = try await keys.key(try exchange.id()) else { throw Problem.absent }
        return JSONBody.response(KeyDocument(key))
    }

    private func revoke(_ exchange: Exchange, _ principal: Principal) async throws -> Response {
        guard try await keys.revoke(try exchange.id(), by: exchange.origin(principal), rule: { try principal.requireCovering($0) }) else {
            throw Problem.absent
        }
        return Response(status: .noContent)
    }
}

extension KeyRoutes.NewKey: Annotated {
    static let notes: [String: Note] = [
        "name": .text(Limits.short, required: true, "What it is for."),
        "role": .text(Limits.short, required: true, "The role whose permissions it has."),
        "requesterId": .text(
            Limits.short, required: true,
            "Whom it stands for: the requester of tickets that name no other. Another than you needs `tickets.on_behalf`."),
        "persona": .about("The persona it stands for; absent: `trainee`, or your own where you may not act for others."),
        "permissions": .about("What it is narrowed to; absent: all that its role may."),
        "expiresAt": .about("When it ends, within five years; absent: in a year.")
    ]
}
