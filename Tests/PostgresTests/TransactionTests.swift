import Postgres
import Testing

private let database = TestDatabase()

private struct Refusal: Error, Equatable {}

@Suite("Transactions (needs PostgreSQL)", .timeLimit(.minutes(2)))
struct TransactionTests {
    private func table(_ pool: ConnectionPool, _ name: String) async throws {
        try await pool.withConnection { try $0.executeScript("CREATE TABLE \(name) (n int8 PRIMARY KEY)") }
    }

    private func count(_ pool: ConnectionPool, _ table: String) async throws -> Int {
        try await pool.query("SELECT count(*) FROM \(unescaped: table)").scalar(Int.self)
    }

    @Test func commitsWhatReturns() async throws {
        try await database.withPool { pool in
            try await table(pool, "committed")
            let result = try await pool.transaction { connection in
                #expect(connection.isInTransaction)
                return try connection.execute("INSERT INTO committed VALUES (\(1)), (\(2))")
            }
            #expect(result == 2)
            #expect(try await count(pool, "committed") == 2)
        }
    }

    @Test func rollsBackWhatThrows() async throws {
        try await database.withPool { pool in
            try await table(pool, "refused")
            let error = await #expect(throws: TransactionError.self) {
                try await pool.transaction { connection in
                    try connection.execute("INSERT INTO refused VALUES (\(1))")
                    throw Refusal()
                }
            }
            #expect(error?.body as? Refusal == Refusal())
            #expect(error?.begin == nil && error?.rollback == nil && error?.commit == nil)
            #expect(error?.commitOutcomeUnknown == false)
            #expect(error?.isTransient == false)
            #expect(try await count(pool, "refused") == 0)
        }
    }

    @Test func namesTheConstraint() async throws {
        try await database.withPool { pool in
            try await table(pool, "unique_numbers")
            let error = await #expect(throws: TransactionError.self) {
                try await pool.transaction { try $0.execute("INSERT INTO unique_numbers VALUES (\(1)), (\(1))") }
            }
            let refused = error?.postgresError
            #expect(refused?.sqlState == "23505")
            #expect(refused?.isUniqueViolation == true)
            #expect(refused?.constraint == "unique_numbers_pkey")
            #expect(refused?.table == "unique_numbers")
            #expect(refused?.schema == "public")
            #expect(refused?.severity == "ERROR")
            #expect(refused?.isTransient == false)
        }
    }

    @Test func aSwallowedErrorIsNoSuccess() async throws {
        try await database.withPool { pool in
            try await table(pool, "swallowed")
            let error = await #expect(throws: TransactionError.self) {
                try await pool.transaction { connection in
                    try connection.execute("INSERT INTO swallowed VALUES (\(1))")
                    _ = try? connection.execute("SELECT 1/0")
                }
            }
            #expect(error?.postgresError?.sqlState == "25P02")
            #expect(try await count(pool, "swallowed") == 0)
        }
    }

    @Test(arguments: ["COMMIT", "ROLLBACK"])
    func theBodyMayNotEndIt(statement: String) async throws {
        try await database.withPool { pool in
            let error = await #expect(throws: TransactionError.self) {
                try await pool.transaction { try $0.executeScript(statement) }
            }
            #expect(error?.postgresError?.sqlState == "25P01")
        }
    }

    @Test func aDeferredConstraintFailsAtCommit() async throws {
        try await database.withPool { pool in
            try await pool.withConnection {
                try $0.executeScript("CREATE TABLE late (n int8 UNIQUE DEFERRABLE INITIALLY DEFERRED)")
            }
            let error = await #expect(throws: TransactionError.self) {
                try await pool.transaction { try $0.execute("INSERT INTO late VALUES (\(1)), (\(1))") }
            }
            #expect(error?.body == nil)
            #expect(error?.commit?.postgresError?.sqlState == "23505")
            #expect(error?.commitOutcomeUnknown == false)
        }
    }

    @Test func aConnectionLostInCommitLeavesTheOutcomeUnknown() async throws {
        try await database.withPool { pool in
            try await pool.withConnection {
                try $0.executeScript(
                    """
                    CREATE TABLE slow (n int8);
                    CREATE FUNCTION dawdle() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN PERFORM pg_sleep(60); RETURN NULL; END';
                    CREATE CONSTRAINT TRIGGER dawdle AFTER INSERT ON slow DEFERRABLE INITIALLY DEFERRED
                        FOR EACH ROW EXECUTE FUNCTION dawdle();
                    """)
            }
            async let outcome = pool.transaction { try $0.execute("INSERT INTO slow VALUES (\(1))") }
            try await eventually { try await pool.terminate(running: "COMMIT") == 1 }
            do {
                _ = try await outcome
                Issue.record("expected COMMIT to fail")
            } catch let error as TransactionError {
                #expect(error.commitOutcomeUnknown)
                #expect(error.isTransient)
                #expect(error.body == nil)
                #expect(error.commit?.postgresError?.kind == .connection)
            }
            #expect(try await count(pool, "slow") == 0)
        }
    }

    @Test func aSessionEndedInTheBodyIsTransientAndKnown() async throws {
        try await database.withPool { pool in
            let error = await #expect(throws: TransactionError.self) {
                try await pool.transaction { try $0.execute("SELECT pg_terminate_backend(pg_backend_pid())") }
            }
            #expect(error?.isTransient == true)
            #expect(error?.commitOutcomeUnknown == false)
            #expect(error?.body?.postgresError?.kind == .connection)
            #expect(error?.body?.postgresError?.sqlState == "57P01")
            let answer = try await pool.query("SELECT 1::int8").scalar(Int.self)
            #expect(answer == 1)
        }
    }

    @Test func lockAndStatementTimeOutsAreTransient() async throws {
        try await database.withPool({
            $0.session["lock_timeout"] = "50ms"; $0.session["statement_timeout"] = "200ms"
        }) { pool in
            try await table(pool, "locked")
            try await pool.execute("INSERT INTO locked VALUES (1)")
            try await pool.dedicated(session: ["idle_in_transaction_session_timeout": "0"]) { holder in
                try await holder.withConnection { connection in
                    // Held until the body ends; the other side gives up long before.
                    try connection.executeScript("BEGIN; UPDATE locked SET n = 1")
                    let holderIsOpen = connection.isInTransaction
                    #expect(holderIsOpen)
                }
                // Left open by its body, it was rolled back.
                #expect(try await pool.execute("UPDATE locked SET n = 1") == 1)
            }
            try await pool.dedicated { holder in
                _ = try await holder.query("SELECT pg_advisory_lock(1)")
                let refused = await #expect(throws: TransactionError.self) {
                    try await pool.transaction { try $0.execute("SELECT pg_advisory_xact_lock(1)") }
                }
                #expect(refused?.postgresError?.sqlState == "55P03")
                #expect(refused?.isTransient == true)
            }
            let slow = await #expect(throws: PostgresError.self) { try await pool.execute("SELECT pg_sleep(10)") }
            #expect(slow?.sqlState == "57014")
            #expect(slow?.isTransient == true)
        }
    }

    @Test func anIdleTransactionIsEndedByTheServer() async throws {
        try await database.withPool({ $0.session["idle_in_transaction_session_timeout"] = "50ms" }) { pool in
            let error = await #expect(throws: TransactionError.self) {
                try await pool.transaction { connection in
                    let deadline = ContinuousClock.now + .milliseconds(300)
                    while ContinuousClock.now < deadline {}
                    try connection.execute("SELECT 1")
                }
            }
            #expect(error?.isTransient == true)
            #expect(error?.postgresError?.sqlState == "25P03")
        }
    }

    @Test(arguments: [
        (TransactionOptions.readCommitted, "read committed", "off", "off"),
        (.serializable, "serializable", "off", "off"),
        (.snapshot, "repeatable read", "on", "off")
    ])
    func beginsAsAsked(options: TransactionOptions, isolation: String, readOnly: String, commit: String) async throws {
        try await database.withPool({ $0.session["synchronous_commit"] = "off" }) { pool in
            let rows = try await pool.transaction(options) {
                try $0.query(
                    "SELECT current_setting('transaction_isolation'), current_setting('transaction_read_only'), current_setting('synchronous_commit')"
                )
            }
            let row = try #require(rows.first)
            #expect(try (0..<3).map { try row.decode(String.self, at: $0) } == [isolation, readOnly, commit])
        }
    }

    @Test func asynchronousCommitEndsWithTheTransaction() async throws {
        try await database.withPool({
            $0.session["synchronous_commit"] = "on"; $0.maximumConnections = 1
        }) { pool in
            let inside = try await pool.transaction(TransactionOptions(commitsAsynchronously: true)) {
                try $0.query("SELECT current_setting('synchronous_commit')").scalar(String.self)
            }
            #expect(inside == "off")
            #expect(try await pool.query("SELECT current_setting('synchronous_commit')").scalar(String.self) == "on")
        }
    }
}
