public import Postgres

/// The schema's versions, in order. Forward only: a released file never changes, a change is a new file.
public enum Migrations {
    /// The schema that holds the application's tables.
    public static let schema = "helpdesk"

    public static let all = [
        Migration(version: 1, name: "foundation", sql: String(decoding: PackageResources._001_foundation_sql, as: UTF8.self))
    ]
}
