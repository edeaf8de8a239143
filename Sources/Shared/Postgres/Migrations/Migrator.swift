/// Brings a database's schema up to date: forward only, one transaction per migration, one process at a time.
public struct Migrator: Sendable {
    public let migrations: [Migration]
    /// Where the table `schema_migrations` lies. It is made when it is absent.
    public let schema: String
    /// How long to wait for another process that migrates.
    public var lockTimeout: Duration = .seconds(60)

    /// - Throws: `MigrationError.duplicate` or `.gap`.
    public init(_ migrations: [Migration], schema: String = "helpdesk") throws {
        let sorted = migrations.sorted { $0.version < $1.version }
        for (left, right) in zip(sorted, sorted.dropFirst()) where left.version == right.version {
            throw MigrationError.duplicate(version: left.version, names: [left.name, right.name])
        }
        for (position, migration) in sorted.enumerated() where migration.version != position + 1 {
            throw MigrationError.gap(expected: position + 1, found: migration.version, name: migration.name)
        }
        self.migrations = sorted
        self.schema = schema
    }

    /// Applies what is missing.
    /// - Returns: what was applied now, in order.
    /// - Throws: `MigrationError`, or `PostgresError` when the database cannot be reached or the table cannot be read.
    public func migrate(_ pool: ConnectionPool) async throws -> [Migration] {
        // A migration may take long and lock much; the time-outs of daily work are not for it.
        let settings = [
            "statement_timeout": "0", "idle_in_transaction_session_timeout": "0",
            "lock_timeout": "\(max(1, Int(lockTimeout / .milliseconds(1))))ms"
        ]
        return try await pool.dedicated(session: settings) { session in
            try await lock(session)
            // The lock ends with the session.
            try await session.withConnection { try prepareTable($0) }
            let missing = try await session.withConnection { try pending($0) }
            for migration in missing { try await apply(migration, session) }
            return missing
        }
    }

    /// Where each migration stands. Changes nothing, and takes no lock.
    /// - Throws: `MigrationError` when the database and this list contradict each other, or `PostgresError`.
    public func status(_ pool: ConnectionPool) async throws -> [MigrationStatus] {
        let missing = Set(try await pool.withConnection { try pending($0) }.map(\.version))
        return migrations.map { MigrationStatus(version: $0.version, name: $0.name, isApplied: !missing.contains($0.version)) }
    }

    // MARK: - Inside

    private var table: String { "\(SQL.quoted(identifier: schema)).schema_migrations" }

    private func lock(_ session: DedicatedSession) async throws {
        do {
            _ = try await session.query("SELECT pg_advisory_lock(hashtextextended(\("schema_migrations " + schema), 0))")
        } catch let error as PostgresError where error.sqlState == "55P03" {
            throw MigrationError.locked(waited: lockTimeout)
        }
    }

    private func prepareTable(_ connection: Connection) throws {
        // Asked first, because CREATE ... IF NOT EXISTS needs the right to create even where there is nothing to do.
        let hasSchema = try connection.query("SELECT EXISTS (SELECT FROM pg_namespace WHERE nspname = \(schema))")
        if try !hasSchema.scalar(Bool.self) {
            try connection.executeScript("CREATE SCHEMA \(SQL.quoted(identifier: schema))")
        }
        if try !hasTable(connection) {
            try connection.executeScript(
                """
                CREATE TABLE \(table) (
                    version bigint PRIMARY KEY,
                    name text NOT NULL,
                    checksum text NOT NULL,
                    applied_at timestamptz NOT NULL DEFAULT clock_timestamp()
                )
                """)
        }
    }

    private func hasTable(_ connection: Connection) throws -> Bool {
        try connection.query("SELECT to_regclass(\(table)) IS NOT NULL").scalar(Bool.self)
    }

    private func pending(_ connection: Connection) throws -> [Migration] {
        guard try hasTable(connection) else { return migrations }
        let rows = try connection.query("SELECT version, name, checksum FROM \(unescaped: table) ORDER BY version")
        var applied: [Int: String] = [:]
        for row in rows {
            let (version, name, checksum) = try row.decode(Int.self, String.self, String.self)
            guard version >= 1, version <= migrations.count else {
                throw MigrationError.unknown(version: version, name: name)
            }
            applied[version] = checksum
        }
        for migration in migrations where applied[migration.version].map({ $0 != migration.checksum }) == true {
            throw MigrationError.changed(
                version: migration.version, name: migration.name, applied: applied[migration.version] ?? "",
                found: migration.checksum)
        }
        let missing = migrations.filter { applied[$0.version] == nil }
        if let first = missing.first, first.version <= applied.count {
            throw MigrationError.hole(version: first.version, name: first.name)
        }
        return missing
    }

    private func apply(_ migration: Migration, _ session: DedicatedSession) async throws {
        do {
            try await session.transaction { connection in
                // Its own round trips: a COMMIT inside the text must not go unnoticed.
                try connection.execute(
                    """
                    INSERT INTO \(unescaped: table) (version, name, checksum)
                    VALUES (\(migration.version), \(migration.name), \(migration.checksum))
                    """)
                try connection.executeScript(migration.sql)
                guard connection.isInTransaction else {
                    throw MigrationError.endedTransaction(version: migration.version, name: migration.name)
                }
            }
        } catch let error as TransactionError {
            if let own = error.body as? MigrationError { throw own }
            throw MigrationError.failed(version: migration.version, name: migration.name, underlying: error)
        }
    }
}
