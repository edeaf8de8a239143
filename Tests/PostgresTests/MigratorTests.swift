import Postgres
import Testing

private let database = TestDatabase()

@Suite("Migrator (needs PostgreSQL)", .timeLimit(.minutes(1)))
struct MigratorTests {
    private let first = Migration(version: 1, name: "first", sql: "CREATE TABLE a (n int); INSERT INTO a VALUES (1);")
    private let second = Migration(version: 2, name: "second", sql: "CREATE TABLE b (n int)")

    /// The migrations' tables go where the schema is, so that tests share a database.
    private func inside(_ schema: String, _ migrations: [Migration]) -> [Migration] {
        migrations.map { Migration(version: $0.version, name: $0.name, sql: "SET LOCAL search_path = \(schema); \($0.sql)") }
    }

    @Test func appliesWhatIsMissingOnce() async throws {
        try await database.withPool { pool in
            let list = inside("steps", [first, second])
            let early = try Migrator([list[0]], schema: "steps")
            #expect(try await early.status(pool).map(\.isApplied) == [false])
            #expect(try await early.migrate(pool) == [list[0]])
            let migrator = try Migrator(list.reversed(), schema: "steps")
            #expect(try await migrator.status(pool).map(\.isApplied) == [true, false])
            #expect(try await migrator.migrate(pool) == [list[1]])
            #expect(try await migrator.migrate(pool).isEmpty)
            #expect(try await pool.query("SELECT count(*) FROM steps.a").scalar(Int.self) == 1)
            let row = try #require(try await pool.query("SELECT name, checksum FROM steps.schema_migrations WHERE version = 2").first)
            #expect(try row.decode(String.self, at: 0) == "second")
            #expect(try row.decode(String.self, at: 1) == list[1].checksum)
            #expect(first.checksum.count == 64)
        }
    }

    @Test func knowsSHA256() {
        #expect(Migration(version: 1, name: "", sql: "abc").checksum == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
    }

    @Test func refusesBadLists() {
        #expect { try Migrator([first, Migration(version: 1, name: "twin", sql: "")]) } throws: { "\($0)".contains("first and twin") }
        #expect { try Migrator([first, Migration(version: 3, name: "third", sql: "")]) } throws: { "\($0)".contains("expected migration 2, found 3") }
        #expect { try Migrator([second]) } throws: { "\($0)".contains("expected migration 1, found 2") }
    }

    @Test func refusesAChangedText() async throws {
        try await database.withPool { pool in
            let list = inside("changed", [first, second])
            _ = try await Migrator([list[0]], schema: "changed").migrate(pool)
            let edited = Migration(version: 1, name: "first", sql: list[0].sql + " ")
            let migrator = try Migrator([edited, list[1]], schema: "changed")
            for error in [await failure(of: { try await migrator.migrate(pool) }), await failure(of: { try await migrator.status(pool) })] {
                guard case MigrationError.changed(version: 1, _, list[0].checksum, edited.checksum)? = error else {
                    Issue.record("unexpected: \(String(describing: error))")
                    return
                }
                #expect(error.map { "\($0)" }?.contains("restore the text") == true)
            }
            #expect(try await pool.query("SELECT to_regclass('changed.b') IS NULL").scalar(Bool.self))
        }
    }

    @Test func refusesADatabaseThatIsNewer() async throws {
        try await database.withPool { pool in
            let list = inside("newer", [first, second])
            _ = try await Migrator(list, schema: "newer").migrate(pool)
            let migrator = try Migrator([list[0]], schema: "newer")
            let error = await failure(of: { try await migrator.migrate(pool) })
            guard case MigrationError.unknown(version: 2, name: "second")? = error else {
                Issue.record("unexpected: \(String(describing: error))")
                return
            }
            try await pool.execute("DELETE FROM newer.schema_migrations WHERE version = 1")
            let hole = await failure(of: { try await Migrator(list, schema: "newer").migrate(pool) })
            guard case MigrationError.hole(version: 1, _)? = hole else {
                Issue.record("unexpected: \(String(describing: hole))")
                return
            }
        }
    }

    @Test func aFailedMigrationLeavesNothingButItsForerunners() async throws {
        try await database.withPool { pool in
            let broken = Migration(version: 2, name: "broken", sql: "CREATE TABLE c (n int); SELECT 1/0")
            let migrator = try Migrator(inside("broken", [first, broken]), schema: "broken")
            let error = await failure(of: { try await migrator.migrate(pool) })
            guard case MigrationError.failed(version: 2, name: "broken", let underlying)? = error else {
                Issue.record("unexpected: \(String(describing: error))")
                return
            }
            #expect(underlying.postgresError?.sqlState == "22012")
            #expect(try await pool.query("SELECT to_regclass('broken.c') IS NULL").scalar(Bool.self))
            #expect(try await migrator.status(pool).map(\.isApplied) == [true, false])
        }
    }

    @Test func refusesToEndItsTransaction() async throws {
        try await database.withPool { pool in
            let sly = Migration(version: 1, name: "sly", sql: "CREATE TABLE public.sly (n int); ROLLBACK")
            let error = await failure(of: { try await Migrator([sly], schema: "sly").migrate(pool) })
            guard case MigrationError.endedTransaction(version: 1, name: "sly")? = error else {
                Issue.record("unexpected: \(String(describing: error))")
                return
            }
        }
    }

    @Test func oneProcessAtATime() async throws {
        try await database.withPool { pool in
            let list = inside("crowd", [first, second])
            let applied = try await withThrowingTaskGroup(of: Int.self) { group in
                for _ in 0..<5 { group.addTask { try await Migrator(list, schema: "crowd").migrate(pool).count } }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            #expect(applied.sorted() == [0, 0, 0, 0, 2])
            try await pool.dedicated { session in
                _ = try await session.query("SELECT pg_advisory_lock(hashtextextended('schema_migrations crowd', 0))")
                var impatient = try Migrator(list, schema: "crowd")
                impatient.lockTimeout = .milliseconds(100)
                let migrator = impatient
                let error = await failure(of: { try await migrator.migrate(pool) })
                guard case MigrationError.locked? = error else {
                    Issue.record("unexpected: \(String(describing: error))")
                    return
                }
            }
        }
    }
}
