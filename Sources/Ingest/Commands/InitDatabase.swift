import ArgumentParser
import Launch
import Postgres
import Stores

struct InitDatabase: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "init-db", abstract: "Make or update the tables. Repeating it does nothing.")

    @OptionGroup var options: CommonOptions

    func run() async throws {
        let applied = try await DatabaseCommand.run(options) { pool in
            try await Migrator(Migrations.all, schema: Migrations.schema).migrate(pool)
        }
        for migration in applied { print("applied \(migration.version) \(migration.name)") }
        if applied.isEmpty { print("up to date at version \(Migrations.all.count)") }
    }
}
