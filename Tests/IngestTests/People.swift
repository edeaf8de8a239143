import Domain
import Foundation
import Identity
import NIOHTTP1
import Stores

@testable import Ingest

/// Somebody with an account, signed in.
struct Person {
    let account: Account
    /// Good as `key:` of a request.
    let token: String
    let refreshToken: String
}

extension RunningGateway {
    static let password = "correct horse battery"

    func makeAccount(_ login: String, roles: [String]) async throws -> Account {
        let hash = try await PasswordHasher(cost: PasswordCost(logN: 4, r: 8, p: 1)).hash(Self.password)
        let account = Account(login: login, name: login, persona: .trainee, requesterID: login, roles: roles, hasPassword: true)
        try await Accounts(pool).create(account, password: hash, by: Origin(actor: "test")) { _ in }
        return account
    }

    func login(_ login: String, password: String = password) async throws -> Answer {
        try await post("/v1/auth/login", key: nil, #"{"login":"\#(login)","password":"\#(password)"}"#)
    }

    /// An account that has signed in.
    func makePerson(_ login: String, _ roles: String...) async throws -> Person {
        let account = try await makeAccount(login, roles: roles)
        let answer = try await self.login(login)
        guard answer.status == 200, let token = answer[text: "accessToken"], let refresh = answer[text: "refreshToken"] else {
            throw TimedOut(description: "\(login) could not sign in: \(answer.status)")
        }
        return Person(account: account, token: token, refreshToken: refresh)
    }

    func put(_ path: String, key: String?, _ json: String? = nil) async throws -> Answer {
        try await send(.PUT, path, key: key, body: json.map { Data($0.utf8) })
    }

    func delete(_ path: String, key: String?) async throws -> Answer { try await send(.DELETE, path, key: key) }

    func refresh(_ token: String) async throws -> Answer { try await post("/v1/auth/refresh", key: nil, #"{"refreshToken":"\#(token)"}"#) }
}
