import ArgumentParser
import Domain
import Foundation
import Launch
import Stores

struct ListKeys: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list-keys", abstract: "List the API keys, newest first: id, state, role, requester, persona, last use, name.")

    @OptionGroup var options: CommonOptions

    func run() async throws {
        let keys = try await DatabaseCommand.run(options) { try await ApiKeys($0).list() }
        for key in keys { print(Self.line(key, now: Date())) }
    }

    static func line(_ key: ApiKey, now: Date) -> String {
        let state =
            if key.revokedAt != nil {
                "revoked"
            } else if let end = key.expiresAt {
                end <= now ? "expired" : "until " + RFC3339.string(end)
            } else {
                "active"
            }
        let used = key.lastUsedAt.map(RFC3339.string) ?? "never"
        return [key.id.canonical, state, key.role, key.requesterID, key.persona.rawValue, used, key.name].joined(separator: "\t")
    }
}

struct RevokeKey: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "revoke-key", abstract: "End an API key for good. Running gateways notice within keys.refresh.")

    @Option(help: "The key's id, from list-keys.")
    var id: String

    @OptionGroup var options: CommonOptions

    func run() async throws {
        guard let id = UUID(uuidString: id) else { throw ValidationError("--id: expected a UUID from list-keys, found '\(id)'") }
        let wasInForce = try await DatabaseCommand.run(options) { try await ApiKeys($0).revoke(id, by: DatabaseCommand.origin) }
        guard wasInForce else {
            throw ExitReason.usage("no key in force has the id \(id.canonical)", next: "See `ingest list-keys`.")
        }
        print("revoked \(id.canonical)")
    }
}
