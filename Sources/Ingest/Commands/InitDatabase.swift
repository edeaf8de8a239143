import ArgumentParser
import Launch
import Postgres
import Stores

struct InitDatabase: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "init-db", abstract: "Make or update the tables. Repeating it does nothing.")

    @OptionGroup var options: CommonOptions

    func run() async throws {
        let (applied, hasReporting) = try await DatabaseCommand.run(options) { pool in
            let applied = try await Migrator(Migrations.all, schema: Migrations.schema).migrate(pool)
            return (applied, try await ReportingAccess.isGranted(pool))
        }
        for migration in applied { print("applied \(migration.version) \(migration.name)") }
        if applied.isEmpty { print("up to date at version \(Migrations.all.count)") }
        if !hasReporting {
            print("dashboards have no role yet: this user may not make one. Have a superuser run in this database:\n\(ReportingAccess.statements)")
        }
    }
}
