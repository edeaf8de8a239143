import ArgumentParser
import Domain
import Foundation
import Identity
import Launch
import Stores

struct CreateKey: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "create-key", abstract: "Make an API key and print it once.",
        discussion: """
            The key goes to standard output, everything else to standard error. Only its hash is kept: a lost key is replaced, not recovered.
            """)

    @Option(help: "What it is for, as list-keys shows it.")
    var name: String

    @Option(help: "The role whose permissions it has: admin, agent, end_user or one of your own.")
    var role: String

    @Option(help: "Whom it stands for: the requester id of tickets that name no other.")
    var requester: String

    @Option(help: "\(Persona.allCases.map(\.rawValue).joined(separator: ", ")).")
    var persona: String = Persona.trainee.rawValue

    @Option(help: ArgumentHelp("When it ends: a date-time such as 2027-01-31T00:00:00Z, or days from now such as 90d.", valueName: "time"))
    var expires: String?

    @OptionGroup var options: CommonOptions

    func run() async throws {
        let key = try described(now: Date())
        let secret = KeySecret.random()
        try await DatabaseCommand.run(options) { _ = try await ApiKeys($0).insert(key, hash: secret.hash, by: DatabaseCommand.origin) }
        FileHandle.standardError.write(
            Data("key \(key.id.canonical) (\(key.role)) made; it is shown this once:\n".utf8))
        print(secret.text)
    }

    func described(now: Date) throws -> ApiKey {
        for (value, field) in [(name, "name"), (requester, "requester"), (role, "role")] {
            do {
                try Limits.check(value, field, limit: Limits.short, required: true)
            } catch {
                throw ValidationError("\(error)")
            }
        }
        guard let persona = Persona(rawValue: persona) else {
            throw ValidationError(
                "--persona: expected one of \(Persona.allCases.map(\.rawValue).joined(separator: ", ")), found '\(persona)'")
        }
        return ApiKey(
            name: name, role: role, requesterID: requester, persona: persona, createdAt: now,
            expiresAt: try expires.map { try Self.time($0, now: now) })
    }

    private static func time(_ text: String, now: Date) throws -> Date {
        let end: Date?
        if text.hasSuffix("d"), let days = Int(text.dropLast()), (1...36_500).contains(days) {
            end = now.addingTimeInterval(Double(days) * 86_400)
        } else {
            end = RFC3339.date(text)
        }
        guard let end, end > now else {
            throw ValidationError("--expires: expected a date-time to come (RFC 3339), or days such as 90d, found '\(text)'")
        }
        return end
    }
}
