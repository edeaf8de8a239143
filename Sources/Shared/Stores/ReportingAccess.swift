public import Postgres

/// The role that dashboards read with.
public enum ReportingAccess {
    public static let role = "helpdesk_reporting"

    /// What an operator runs where the one who migrates may not make roles.
    public static let statements = """
        CREATE ROLE \(role) NOLOGIN;
        GRANT USAGE ON SCHEMA reporting TO \(role);
        GRANT SELECT ON ALL TABLES IN SCHEMA reporting TO \(role);
        """

    /// Whether the role is there and may read the views.
    /// - Throws: the pool's errors and `PostgresError`.
    public static func isGranted(_ pool: ConnectionPool) async throws -> Bool {
        try await pool.query(
            """
            SELECT coalesce(bool_and(has_schema_privilege(r.oid, 'reporting', 'USAGE') AND has_table_privilege(r.oid, c.oid, 'SELECT')), false)
            FROM pg_roles AS r CROSS JOIN pg_class AS c
            WHERE r.rolname = \(role) AND c.relnamespace = 'reporting'::regnamespace AND c.relkind = 'v'
            """
        ).scalar(Bool.self)
    }
}
