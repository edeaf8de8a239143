import Crypto

/// One step of the schema. Once released it is never changed: its checksum is stored with the database.
public struct Migration: Sendable, Equatable {
    /// Counted from 1 without gaps.
    public let version: Int
    public let name: String
    /// Statements separated by semicolons. They run in one transaction, so nothing in it may end that, and nothing that
    /// PostgreSQL refuses in a transaction (CREATE INDEX CONCURRENTLY, VACUUM) can stand in it.
    public let sql: String

    public init(version: Int, name: String, sql: String) {
        self.version = version
        self.name = name
        self.sql = sql
    }

    /// SHA-256 of the text's UTF-8 bytes, in hexadecimal.
    public var checksum: String {
        SHA256.hash(data: Array(sql.utf8)).map { byte in
            let digits = String(byte, radix: 16)
            return digits.count == 1 ? "0" + digits : digits
        }.joined()
    }
}

/// Where one migration stands in a database.
public struct MigrationStatus: Sendable, Equatable {
    public let version: Int
    public let name: String
    public let isApplied: Bool
}
