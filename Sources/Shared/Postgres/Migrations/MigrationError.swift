/// Why the schema was left as it is. Migrations applied before the failing one stay applied.
public enum MigrationError: Error, Sendable {
    /// Two migrations carry one version.
    case duplicate(version: Int, names: [String])
    /// The versions do not count from 1 without gaps.
    case gap(expected: Int, found: Int, name: String)
    /// The text of an applied migration is not the one that was applied.
    case changed(version: Int, name: String, applied: String, found: String)
    /// The database has a migration this program does not know: the program is older than the database.
    case unknown(version: Int, name: String)
    /// The database lacks a migration in the middle: its table of migrations was edited.
    case hole(version: Int, name: String)
    /// The text ended the transaction it runs in.
    case endedTransaction(version: Int, name: String)
    /// A migration's statement failed; nothing of that migration remains.
    case failed(version: Int, name: String, underlying: any Error)
    /// Another process holds the lock.
    case locked(waited: Duration)
}

extension MigrationError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .duplicate(let version, let names):
            "expected one migration \(version), found \(names.joined(separator: " and ")); give one another number"
        case .gap(let expected, let found, let name):
            "expected migration \(expected), found \(found) (\(name)); number them from 1 without gaps"
        case .changed(let version, let name, let applied, let found):
            "migration \(version) (\(name)) was applied with checksum \(applied.prefix(12)), its text now has \(found.prefix(12)); restore the text and put the change into a new migration"
        case .unknown(let version, let name):
            "the database has migration \(version) (\(name)), which this program does not know; run the newer program"
        case .hole(let version, let name):
            "the database lacks migration \(version) (\(name)) but has later ones; restore its schema_migrations table"
        case .endedTransaction(let version, let name):
            "migration \(version) (\(name)) ends the transaction it runs in; remove BEGIN, COMMIT and ROLLBACK from it"
        case .failed(let version, let name, let underlying):
            "migration \(version) (\(name)) failed and was rolled back: \(underlying)"
        case .locked(let waited):
            "another process migrates this database, its lock was not free within \(waited); try again when it is done"
        }
    }
}
