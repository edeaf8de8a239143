import Domain
import Foundation
import Logging
import Postgres
import Stores
import TestSupport
import Testing

@Suite("Views for dashboards in PostgreSQL", .serialized, .timeLimit(.minutes(3)))
struct ReportingTests {
    static let document = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appending(path: "../../docs/reporting.md").standardized

    @Test("Every view and every column says what it is, and docs/reporting.md says the same")
    func documentation() async throws {
        let pool = try await emptyDatabase()
        let rows = try await pool.query(
            """
            SELECT c.relname::text, obj_description(c.oid, 'pg_class'), a.attname::text, format_type(a.atttypid, a.atttypmod),
                col_description(c.oid, a.attnum)
            FROM pg_class AS c JOIN pg_attribute AS a ON a.attrelid = c.oid
            WHERE c.relnamespace = 'reporting'::regnamespace AND c.relkind = 'v' AND a.attnum > 0 ORDER BY c.relname, a.attnum
            """)
        var text = """
            # The `reporting` schema

            What dashboards may rely on. All times are UTC; days and hours are instants, midnight or the full hour at which they begin. Taking a view or a column away, or changing
            what it means, is a breaking change. This page is checked against the database by the tests (`HELPDESK_WRITE_DOCS=1` writes it anew).

            """
        var last = ""
        for row in rows {
            let (view, about, column, type, meaning) = try row.decode(String.self, String?.self, String.self, String.self, String?.self)
            #expect(about?.isEmpty == false, "\(view) has no comment")
            #expect(meaning?.isEmpty == false, "\(view).\(column) has no comment")
            if view != last { text += "\n## `reporting.\(view)`\n\n\(about ?? "")\n\n| column | type | meaning |\n| --- | --- | --- |\n" }
            last = view
            text += "| `\(column)` | \(type) | \(meaning ?? "") |\n"
        }
        if ProcessInfo.processInfo.environment["HELPDESK_WRITE_DOCS"] != nil { try Data(text.utf8).write(to: Self.document) }
        let written = try String(contentsOf: Self.document, encoding: .utf8)
        #expect(written == text, "docs/reporting.md differs from the database: run this test with HELPDESK_WRITE_DOCS=1 and look at the difference")
        await pool.close()
    }

    @Test("The role reads the views and nothing of helpdesk")
    func role() async throws {
        let pool = try await emptyDatabase()
        #expect(try await ReportingAccess.isGranted(pool))
        let views = try await pool.query("SELECT relname::text FROM pg_class WHERE relnamespace = 'reporting'::regnamespace AND relkind = 'v'")
            .map { try $0.decode(String.self, at: 0) }
        #expect(views.count >= 20)
        let tables = try await pool.query(
            "SELECT relname::text FROM pg_class WHERE relnamespace = 'helpdesk'::regnamespace AND relkind IN ('r', 'p')"
        )
        .map { try $0.decode(String.self, at: 0) }
        for view in views {
            try await pool.transaction { connection in
                try connection.executeScript("SET LOCAL ROLE helpdesk_reporting")
                _ = try connection.query("SELECT * FROM reporting.\(unescaped: view)")
            }
        }
        for table in tables {
            let error = await #expect(throws: TransactionError.self) {
                try await pool.transaction { connection in
                    try connection.executeScript("SET LOCAL ROLE helpdesk_reporting")
                    _ = try connection.query("SELECT * FROM helpdesk.\(unescaped: table)")
                }
            }
            #expect((error?.primary as? PostgresError)?.sqlState == "42501", "\(table)")
        }
        await pool.close()
    }

    /// The migrations with another name for the role: the real one belongs to the cluster, and other tests have made it.
    private func migrations(role: String) -> [Migration] {
        Migrations.all.map { Migration(version: $0.version, name: $0.name, sql: $0.sql.replacing("helpdesk_reporting", with: role)) }
    }

    @Test("Databases of one cluster may be migrated at once, the role absent")
    func concurrentRole() async throws {
        let server = try await PrivatePostgres.shared()
        let role = "racing_" + UUID().uuidString.prefix(8).lowercased(), migrations = migrations(role: role)
        var urls: [String] = []
        for _ in 0..<4 { urls.append(try await server.createDatabase()) }
        try await withThrowingTaskGroup(of: Bool.self) { group in
            for url in urls {
                group.addTask {
                    let pool = ConnectionPool(settings: try PostgresSettings(url: url), logger: Logger(label: "test"))
                    _ = try await Migrator(migrations, schema: Migrations.schema).migrate(pool)
                    let granted = try await pool.query("SELECT has_table_privilege(\(role), 'reporting.tickets', 'SELECT')").scalar(Bool.self)
                    await pool.close()
                    return granted
                }
            }
            for try await granted in group { #expect(granted) }
        }
    }

    @Test("A user who may not make roles can migrate all the same")
    func withoutTheRight() async throws {
        let server = try await PrivatePostgres.shared()
        let url = try await server.createDatabase()
        let admin = ConnectionPool(settings: try PostgresSettings(url: url), logger: Logger(label: "test"))
        let user = "plain_" + UUID().uuidString.prefix(8).lowercased()
        let database = try await admin.query("SELECT current_database()::text").scalar(String.self)
        try await admin.withConnection {
            try $0.executeScript("CREATE ROLE \(user) LOGIN; GRANT CREATE ON DATABASE \(database) TO \(user)")
        }
        let plain = ConnectionPool(
            settings: try PostgresSettings(url: url.replacing("postgres@", with: "\(user)@")), logger: Logger(label: "test"))
        _ = try await Migrator(migrations(role: "absent_\(user)"), schema: Migrations.schema).migrate(plain)
        #expect(try await plain.query("SELECT count(*) FROM pg_roles WHERE rolname = \("absent_\(user)")").scalar(Int64.self) == 0)
        #expect(try await !ReportingAccess.isGranted(plain))
        // What init-db tells to do does it.
        try await admin.withConnection {
            try $0.executeScript(ReportingAccess.statements.replacing("CREATE ROLE helpdesk_reporting NOLOGIN;", with: ""))
        }
        #expect(try await ReportingAccess.isGranted(plain))
        await plain.close()
        await admin.close()
    }
}
