import Foundation
import HelpdeskLocal
import Postgres

/// PostgreSQL as a fault sees it. Its connections go past any proxy, over the cluster's own socket.
struct DatabaseControl: Sendable {
    static let process = "postgres"

    let cluster: PrivateCluster
    let supervisor: Supervisor

    /// Ends the server with a signal: SIGKILL and SIGQUIT at once, SIGINT in order. It is started again by itself.
    func end(with signal: Int32) async -> Bool { await supervisor.signal(Self.process, signal) }

    func waitUntilReady() async throws { try await supervisor.waitUntilReady(Self.process, within: .seconds(60)) }

    /// Runs a statement as the superuser.
    func execute(_ sql: SQL) async throws {
        _ = try await PrivateCluster.withPool(cluster.url) { try await $0.execute(sql) }
    }

    func count(_ sql: SQL) async throws -> Int64 {
        try await PrivateCluster.withPool(cluster.url) { try await $0.query(sql).scalar(Int64.self) }
    }
}
