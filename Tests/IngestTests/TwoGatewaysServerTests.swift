import Domain
import Foundation
import NIOHTTP1
import Stores
import Testing

@testable import Ingest

@Suite("Two gateways of one installation (PostgreSQL, Kafka)", .serialized, .timeLimit(.minutes(5)))
struct TwoGatewaysServerTests {
    /// What a change of rights may take to be in force at another gateway.
    private let limit: Duration = .seconds(5)

    @Test("What is given or taken at one gateway is in force at the other within five seconds")
    func propagation() async throws {
        // As `keys.refresh` is where nobody sets it.
        try await RunningGateway.with({ $0.keyRefresh = .seconds(2) }) { first in
            try await first.beside({ $0.keyRefresh = .seconds(2) }) { second in
                #expect(first.port != second.port)
                let admin = try await first.makePerson("root.admin", "admin")
                let role = #"{"name":"viewer","description":"","permissions":["tickets.read.any","users.read"]}"#
                #expect(try await first.post("/v1/roles", key: admin.token, role).status == 201)
                let people = try await [first.makePerson("ada", "viewer"), first.makePerson("bob", "viewer"), first.makePerson("eve", "viewer")]
                let key = try await first.post(
                    "/v1/keys", key: admin.token, #"{"name":"k","role":"viewer","requesterId":"portal"}"#)
                let secret = try #require(key[text: "secret"]), id = try #require(key[text: "key.id"])
                func status(_ path: String, _ key: String) async throws -> Int { try await second.get(path, key: key).status }
                // From now on the second gateway remembers all of them.
                for token in people.map(\.token) + [secret] { #expect(try await status("/v1/tickets", token) == 200) }

                #expect(try await first.delete("/v1/roles/viewer/permissions/tickets.read.any", key: admin.token).status == 200)
                try await eventually("the permission is gone", within: limit) {
                    var statuses: Set<Int> = []
                    for token in people.map(\.token) + [secret] { statuses.insert(try await status("/v1/tickets", token)) }
                    return statuses == [403]
                }
                #expect(try await status("/v1/users", people[0].token) == 200)
                let account = "/v1/users/\(people[0].account.id.canonical)"
                #expect(try await first.delete(account + "/roles/viewer", key: admin.token).status == 200)
                #expect(try await first.delete("/v1/users/\(people[1].account.id.canonical)/sessions", key: admin.token).status == 204)
                #expect(try await first.post("/v1/users/\(people[2].account.id.canonical)/deactivate", key: admin.token, "{}").status == 200)
                #expect(try await first.delete("/v1/keys/" + id, key: admin.token).status == 204)
                try await eventually("role, session, account and key are gone", within: limit) {
                    var statuses: [Int] = []
                    for token in people.map(\.token) + [secret] { statuses.append(try await status("/v1/users", token)) }
                    return statuses == [403, 401, 401, 401]
                }
                #expect(try await first.put("/v1/roles/viewer/permissions/tickets.read.any", key: admin.token).status == 200)
                #expect(try await first.put(account + "/roles/viewer", key: admin.token).status == 200)
                try await eventually("given again", within: limit) { try await status("/v1/tickets", people[0].token) == 200 }
            }
        }
    }
}
