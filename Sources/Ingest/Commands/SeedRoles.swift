import ArgumentParser
import Launch
import Stores

struct SeedRoles: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "seed-roles", abstract: "Make the built-in roles that are absent. Repeating it does nothing.",
        discussion: "A role that exists keeps the permissions an administrator left it, but for admin, which always has all.")

    @Flag(help: "Give every built-in role the permissions that it lacks.")
    var restore = false

    @OptionGroup var options: CommonOptions

    func run() async throws {
        let restore = restore
        let seeded = try await DatabaseCommand.run(options) { try await Roles($0).seed(restoring: restore, by: DatabaseCommand.origin) }
        for role in seeded.newRoles { print("made role \(role)") }
        if seeded.newPermissions > 0 { print("granted \(seeded.newPermissions) permissions") }
        if seeded.newRoles.isEmpty && seeded.newPermissions == 0 { print("nothing to do") }
    }
}
