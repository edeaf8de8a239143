import Postgres
import Testing

private let database = TestDatabase()

@Suite("Connection (needs PostgreSQL)", .timeLimit(.minutes(2)))
struct ConnectionTests {
    private func prepared(_ connection: Connection) throws -> Int {
        // Through the simple protocol, so that the question itself is not among the answers.
        try connection.query("SELECT count(*) FROM pg_prepared_statements WHERE statement NOT LIKE '%pg_prepared_statements%'").scalar(Int.self)
    }

    @Test func preparesEachTextOnce() async throws {
        try await database.withPool { pool in
            try await pool.withConnection { connection in
                for number in 0..<5 {
                    let sum = try connection.query("SELECT \(number) + 1").scalar(Int.self)
                    #expect(sum == number + 1)
                }
                #expect(try prepared(connection) == 1)
                // The same text with another type is another statement.
                #expect(try connection.query("SELECT \(2.5) + 1").scalar(Double.self) == 3.5)
                #expect(try prepared(connection) == 2)
            }
        }
    }

    @Test func keepsABoundedNumberOfStatements() async throws {
        try await database.withPool({ $0.preparedStatements = 4 }) { pool in
            try await pool.withConnection { connection in
                for number in 0..<20 {
                    let cold = try connection.query("SELECT \(unescaped: "\(number)")::int8").scalar(Int.self)
                    #expect(cold == number)
                    #expect(try connection.query("SELECT 'hot'").scalar(String.self) == "hot")
                }
                #expect(try prepared(connection) <= 4)
                #expect(try connection.query("SELECT count(*) FROM pg_prepared_statements WHERE statement = 'SELECT ''hot'''").scalar(Int.self) == 1)
                let generations = try connection.query("SELECT name FROM pg_prepared_statements WHERE statement = 'SELECT ''hot'''").scalar(
                    String.self)
                // Still the one it got in the first round.
                #expect(generations.count <= 3)
            }
        }
    }

    @Test func preparesAgainWhatWentStale() async throws {
        try await database.withPool { pool in
            try await pool.withConnection { connection in
                try connection.executeScript("CREATE TABLE stale (a int); INSERT INTO stale VALUES (1)")
                #expect(try connection.query("SELECT * FROM stale").columnNames == ["a"])
                try connection.executeScript("ALTER TABLE stale ADD b text DEFAULT 'x'")
                #expect(try connection.query("SELECT * FROM stale").first?["b", as: String.self] == "x")
                try connection.executeScript("DEALLOCATE ALL")
                #expect(try connection.query("SELECT * FROM stale").count == 1)
                try connection.executeScript("DEALLOCATE ALL")
                let results = try connection.pipeline(["SELECT 1", "SELECT * FROM stale"])
                #expect(results[1].count == 1)
            }
            // Inside a transaction the error is shown, as one that may be tried again; the next try works.
            let stale = await #expect(throws: TransactionError.self) {
                try await pool.transaction { connection in
                    _ = try connection.query("SELECT * FROM stale")
                    try connection.executeScript("ALTER TABLE stale ADD c int")
                    _ = try connection.query("SELECT * FROM stale")
                }
            }
            #expect(stale?.isTransient == true)
            #expect(try await pool.query("SELECT * FROM stale").columnNames == ["a", "b"])
        }
    }

    @Test func countsAffectedRows() async throws {
        try await database.withPool { pool in
            try await pool.withConnection { connection in
                try connection.executeScript("CREATE TABLE numbers (n int8 PRIMARY KEY)")
                #expect(try connection.execute("INSERT INTO numbers SELECT unnest(\(Array(1...500)))") == 500)
                #expect(try connection.execute("UPDATE numbers SET n = n WHERE n <= \(10)") == 10)
                #expect(try connection.execute("DELETE FROM numbers WHERE n > \(1000)") == 0)
                #expect(try connection.execute("") == 0)
                let rows = try connection.query("SELECT n FROM numbers ORDER BY n")
                #expect(try rows.map { try $0.decode(Int.self, at: 0) } == Array(1...500))
                #expect(try rows.last?.decode(Int.self, at: 0) == 500)
                let returned = try connection.query("INSERT INTO numbers VALUES (\(1)), (\(501)) ON CONFLICT DO NOTHING RETURNING n")
                #expect(try returned.map { try $0.decode(Int.self, at: 0) } == [501])
            }
        }
    }

    @Test func runsScriptsAsOne() async throws {
        try await database.withPool { pool in
            let failed = await #expect(throws: PostgresError.self) {
                try await pool.withConnection { try $0.executeScript("CREATE TABLE half (a int); SELECT 1/0; CREATE TABLE other (a int)") }
            }
            #expect(failed?.sqlState == "22012")
            let answer = try await pool.query("SELECT to_regclass('half') IS NULL").scalar(Bool.self)
            #expect(answer)
        }
    }

    @Test func pipelinesInOneRoundTrip() async throws {
        try await database.withPool { pool in
            try await pool.withConnection { connection in
                try connection.executeScript("CREATE TABLE piped (n int8 PRIMARY KEY)")
                let first = try connection.pipeline([
                    "INSERT INTO piped VALUES (\(1))", "INSERT INTO piped VALUES (\(2))", "SELECT count(*) FROM piped"
                ])
                #expect(first.map(\.affected) == [1, 1, 1])
                #expect(try first[2].scalar(Int.self) == 2)
                #expect(try connection.pipeline([]).isEmpty)
                #expect(try connection.pipeline(["SELECT 7"])[0].count == 1)
                // A failure undoes the whole, and leaves the connection fit for work.
                let failed = #expect(throws: PostgresError.self) {
                    try connection.pipeline(["INSERT INTO piped VALUES (\(3))", "INSERT INTO piped VALUES (\(1))", "SELECT nonsense"])
                }
                #expect(failed?.sqlState == "23505")
                let unprepared = #expect(throws: PostgresError.self) {
                    try connection.pipeline(["INSERT INTO piped VALUES (\(4))", "SELECT nonsense", "SELECT 5", "SELECT 5"])
                }
                #expect(unprepared?.sqlState == "42703")
                #expect(try connection.pipeline(["SELECT 5", "SELECT count(*) FROM piped"])[1].scalar(Int.self) == 2)
                #expect(!connection.isInTransaction)
            }
            // Megabytes both ways do not lock up.
            let big = String(repeating: "x", count: 1 << 20)
            let echoed = try await pool.withConnection { try $0.pipeline((0..<20).map { _ in "SELECT \(big)" }) }
            #expect(try echoed.allSatisfy { try $0.scalar(String.self) == big })
        }
    }

    @Test func givesUpOnCopy() async throws {
        try await database.withPool({ $0.maximumConnections = 1 }) { pool in
            let error = await #expect(throws: PostgresError.self) {
                try await pool.withConnection { try $0.executeScript("COPY (SELECT 1) TO STDOUT") }
            }
            #expect(error?.sqlState == "0A000")
            let answer = try await pool.query("SELECT 1::int8").scalar(Int.self)
            #expect(answer == 1)
        }
    }

    @Test func sessionsCarryTheirSettings() async throws {
        try await database.withPool({
            $0.applicationName = "esi worker"; $0.session["work_mem"] = "5 MB"; $0.session["search_path"] = "a, \"c d\""
        }) { pool in
            let rows = try await pool.query(
                """
                SELECT current_setting('idle_in_transaction_session_timeout'), current_setting('lock_timeout'),
                       current_setting('statement_timeout'), current_setting('TimeZone'), current_setting('application_name'),
                       current_setting('work_mem'), current_setting('search_path')
                """)
            let row = try #require(rows.first)
            #expect(try (0..<7).map { try row.decode(String.self, at: $0) } == ["5s", "5s", "30s", "UTC", "esi worker", "5MB", "a, \"c d\""])
        }
    }
}
