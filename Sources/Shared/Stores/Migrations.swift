import Foundation
public import Postgres

/// The schema's versions, in order. Forward only: a released file never changes, a change is a new file.
public enum Migrations {
    /// The schema that holds the application's tables.
    public static let schema = "helpdesk"

    public static let all = [
        migration(1, "foundation", PackageResources._001_foundation_sql),
        migration(2, "stages", PackageResources._002_stages_sql),
        migration(3, "knowledge", PackageResources._003_knowledge_sql),
        migration(4, "enrichment", PackageResources._004_enrichment_sql),
        migration(5, "escalation", PackageResources._005_escalation_sql),
        migration(6, "metrics", PackageResources._006_metrics_sql),
        migration(7, "identity", PackageResources._007_identity_sql),
        migration(8, "ticket-work", PackageResources._008_ticket_work_sql),
        migration(9, "report-speed", PackageResources._009_report_speed_sql),
        migration(10, "account-versions", PackageResources._010_account_versions_sql),
        migration(11, "incident-members", PackageResources._011_incident_members_sql)
    ]

    private static func migration(_ version: Int, _ name: String, _ sql: [UInt8]) -> Migration {
        Migration(version: version, name: name, sql: String(decoding: sql, as: UTF8.self))
    }
}
