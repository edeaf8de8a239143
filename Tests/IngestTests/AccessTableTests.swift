import Domain
import Foundation
import HTTPTypes
import Identity
import NIOHTTP1
import Stores
import Testing

@testable import Ingest

@Suite("Every route for every role (PostgreSQL, Kafka)", .serialized, .timeLimit(.minutes(10)))
struct AccessTableTests {
    /// Whose the object is that a path names.
    enum Target: String, CaseIterable { case own, foreign, absent }

    @Test("What each route answers to whom, about whose object, is what docs/access.md says")
    func table() async throws {
        // Whether the pages of the documentation were fetched is not a matter of access.
        try await RunningGateway.with({ $0.documentation = "/nowhere" }) { gateway in
            _ = try await gateway.makeAccount("standing.admin", roles: ["admin"])
            var text = """
                # Who may what

                Each route of the gateway, asked by somebody without credentials, an end user, an agent and an administrator, about an object of their own,
                somebody else's, and one that does not exist. What works on a ticket or an account is asked with a body that is good and with `If-Match: *`; the
                rest without a body, and there 400, 415 and 422 mean that the caller may, and that what they sent lacks something.

                | route | object | nobody | end_user | agent | admin |
                | --- | --- | --- | --- | --- | --- |

                """
            for endpoint in gateway.gateway.endpoints {
                let isOpen = !endpoint.path.contains("{")
                for target in isOpen ? [Target.own] : Target.allCases {
                    var cells = [endpoint.method.rawValue + " `" + endpoint.path + "`", isOpen ? "" : target.rawValue]
                    for role in [nil, Role.endUser, .agent, .admin] { cells.append(try await ask(endpoint, role, target, gateway)) }
                    text += "| " + cells.joined(separator: " | ") + " |\n"
                }
            }
            try ContractTests.compare(text, with: "docs/access.md")
        }
    }

    /// The status, of objects and a caller made for this one question.
    private func ask(_ endpoint: Endpoint, _ role: Role?, _ target: Target, _ gateway: RunningGateway) async throws -> String {
        let name = "p" + UUID().uuidString.prefix(8).lowercased()
        var caller: (account: Account, session: UUID, token: String)?
        if let role { caller = try await signedIn(name, role, gateway) }
        var path = endpoint.path
        var body = Self.bodies[endpoint.path]
        // A requester asks for a human, of no tier in particular.
        if role == .endUser, endpoint.path.hasSuffix("/escalate") { body = #"{"reason":"r"}"# }
        if path.contains("{") {
            let owner = target == .own ? caller : try await signedIn("f" + name, .endUser, gateway)
            let object: String
            if target == .absent {
                object = UUID().canonical
                path = path.replacing("{other}", with: UUID().canonical)
                body = body?.replacing("OTHER", with: UUID().canonical)
            } else if path.hasPrefix("/v1/tickets/") {
                object = try await gateway.store(requester: owner?.account.requesterID ?? "nobody").id.description
                let other = try await gateway.store(requester: owner?.account.requesterID ?? "nobody").id.description
                body = body?.replacing("OTHER", with: other)
                path = path.replacing("{other}", with: other)
            } else if path.hasPrefix("/v1/users/") {
                object = (owner?.account.id ?? UUID()).canonical
            } else if path.hasPrefix("/v1/me/sessions/") {
                object = (owner?.session ?? UUID()).canonical
            } else if path.hasPrefix("/v1/keys/") {
                let key = ApiKey(name: name, role: "end_user", requesterID: name, persona: .trainee)
                try await ApiKeys(gateway.pool).insert(key, hash: KeySecret.random().hash, by: Origin(actor: "test"))
                object = key.id.canonical
            } else if path.hasPrefix("/v1/roles/") {
                try await Roles(gateway.pool).create(RoleGrant(name: name, description: "", permissions: []), by: Origin(actor: "test"))
                object = name
            } else {
                Issue.record("\(path): tell this test how to make the object that it names")
                return "?"
            }
            path = path.replacing("{role}", with: path.hasPrefix("/v1/users/") ? "agent" : object).replacing("{id}", with: object)
                .replacing("{permission}", with: "kb.read")
            if path.contains("{") { Issue.record("\(path): tell this test what stands for its open part") }
        }
        return String(
            try await gateway.send(
                .init(rawValue: endpoint.method.rawValue), path, key: caller?.token, headers: [("If-Match", "*")], body: body.map { Data($0.utf8) }
            ).status)
    }

    /// Bodies that are taken, for the routes that name an object: without one they would not come to ask whose it is.
    private static let bodies: [String: String] =
        WorkServerTests.edits.reduce(into: [:]) { $0["/v1/tickets/{id}/" + $1.operation] = $1.body }
        .merging(
            [
                "/v1/tickets": #"{"subject":"s","body":"b"}"#, "/v1/tickets/{id}/messages": #"{"body":"b"}"#,
                "/v1/tickets/{id}/reopen": #"{"reason":"r"}"#, "/v1/tickets/{id}/state": #"{"state":"resolved"}"#, "/v1/users/{id}": #"{"name":"n"}"#
            ], uniquingKeysWith: { _, second in second })

    private func signedIn(_ name: String, _ role: Role, _ gateway: RunningGateway) async throws -> (account: Account, session: UUID, token: String) {
        let account = Account(login: name, name: name, persona: .trainee, requesterID: name, roles: [role.rawValue], hasPassword: true)
        try await Accounts(gateway.pool).create(account, password: "kept", by: Origin(actor: "test")) { _ in }
        let session = Session(account: account.id, expiresAt: Date(timeIntervalSinceNow: 3600), address: "", userAgent: "")
        let refresh = RefreshToken(hash: KeySecret.random(.refresh).hash, expiresAt: Date(timeIntervalSinceNow: 3600))
        let grant = try #require(try await Sessions(gateway.pool).start(session, password: "kept", with: refresh, by: Origin(actor: "test")))
        let tokens = TokenKeys(SigningKeys(gateway.pool))
        try await tokens.refresh()
        return (account, session.id, try await tokens.issue(for: grant).token)
    }
}
