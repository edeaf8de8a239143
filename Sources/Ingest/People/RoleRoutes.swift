import Access
import Domain
import Foundation
import HTTPTypes
import Hummingbird
import Stores

/// Roles and what they allow. A permission is granted or taken by its own path, so that two who change a role at once both get their way.
struct RoleRoutes: Sendable {
    let roles: Roles

    var endpoints: [Endpoint] {
        [
            Endpoint(
                .get, "/v1/roles",
                RouteContract(
                    "listRoles", "Every role with its permissions", .administration, permissions: [.usersRead, .rolesManage],
                    responses: [.ok(RoleListDocument.self)]),
                authenticated: list),
            Endpoint(
                .post, "/v1/roles",
                RouteContract(
                    "createRole", "Make a role", .administration, permissions: [.rolesManage], headers: [.idempotencyKey],
                    body: .json(
                        NewRole.self,
                        example: [
                            "name": "lab_lead", "description": "Reads every ticket, and what the AI made of it.", "permissions": ["tickets.read.any"]
                        ]),
                    responses: [.created(RoleDocument.self, headers: [.location])], problems: [.alreadyExists, .requestInFlight]),
                authenticated: create),
            Endpoint(
                .get, "/v1/roles/{role}",
                RouteContract(
                    "getRole", "A role with its permissions", .administration, permissions: [.usersRead, .rolesManage], path: [.role],
                    responses: [.ok(RoleDocument.self)], problems: [.notFound]),
                authenticated: get),
            Endpoint(
                .delete, "/v1/roles/{role}",
                RouteContract(
                    "deleteRole", "Remove a role that nobody has", .administration,
                    details: "Its keys that were revoked or have expired go with it; the audit log keeps which they were.",
                    permissions: [.rolesManage], path: [.role],
                    responses: [.noContent()], problems: [.notFound, .roleInUse, .builtInRole]),
                authenticated: delete),
            Endpoint(
                .put, "/v1/roles/{role}/permissions/{permission}",
                RouteContract(
                    "grantPermission", "Let a role do something; in force everywhere within 5 s", .administration, permissions: [.rolesManage],
                    path: [.role, .permission], responses: [.ok(RoleDocument.self)], problems: [.notFound]),
                authenticated: { try await set(granted: true, $0, $1) }),
            Endpoint(
                .delete, "/v1/roles/{role}/permissions/{permission}",
                RouteContract(
                    "revokePermission", "Let a role do something no more; in force everywhere within 5 s", .administration,
                    permissions: [.rolesManage], path: [.role, .permission], responses: [.ok(RoleDocument.self)],
                    problems: [.notFound, .builtInRole]),
                authenticated: { try await set(granted: false, $0, $1) })
        ]
    }

    struct NewRole: Decodable {
        var name: String
        var description: String
        var permissions: [Permission]
    }

    private func list(_ exchange: Exchange, _ principal: Principal) async throws -> Response {
        JSONBody.response(RoleListDocument(roles: try await roles.all().map(RoleDocument.init)))
    }

    private func get(_ exchange: Exchange, _ principal: Principal) async throws -> Response {
        guard let role = try await roles.role(try exchange.name()) else { throw Problem.absent }
        return JSONBody.response(RoleDocument(role))
    }

    private func create(_ exchange: Exchange, _ principal: Principal) async throws -> Response {
        let (request, body) = try await exchange.smallWithBytes(NewRole.self)
        guard request.name.wholeMatch(of: /[a-z][a-z0-9_]{0,49}/) != nil else {
            throw InvalidField("name", expected: "a small letter, then at most 49 small letters, digits and underscores", found: "another text")
        }
        try Limits.check(request.description, "description", limit: Limits.subject)
        let role = RoleGrant(name: request.name, description: request.description, permissions: Set(request.permissions))
        try principal.requireCovering(role.permissions, field: "permissions")
        return try await exchange.once(
            exchange.requestKey(principal, body: body), status: .created, kept: RoleDocument.init, headers: { [.location: "/v1/roles/" + $0.name] },
            act: { keyed in
                let made = try await roles.create(role, by: exchange.origin(principal), keyed: keyed)
                return (made, RoleDocument(made))
            })
    }

    private func delete(_ exchange: Exchange, _ principal: Principal) async throws -> Response {
        try await roles.delete(try exchange.name(), by: exchange.origin(principal)) { try principal.requireCovering($0) }
        return Response(status: .noContent)
    }

    private func set(granted: Bool, _ exchange: Exchange, _ principal: Principal) async throws -> Response {
        guard let permission = Permission(rawValue: try exchange.name(1)) else { throw Problem.absent }
        try principal.requireCovering([permission])
        return JSONBody.response(
            RoleDocument(try await roles.set(permission, of: try exchange.name(), granted: granted, by: exchange.origin(principal))))
    }
}

extension RoleRoutes.NewRole: Annotated {
    static let notes: [String: Note] = [
        "name": Note(members: ["description": "Its name, for good.", "pattern": "^[a-z][a-z0-9_]{0,49}$"]),
        "description": .text(Limits.subject, "What it is for."),
        "permissions": .about("What it allows; nothing that you may not do yourself.")
    ]
}
