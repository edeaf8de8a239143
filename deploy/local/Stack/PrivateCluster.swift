import Foundation
import Logging
package import Postgres

/// A PostgreSQL cluster of the stack's own: a directory under /var/tmp, a socket in it that needs no password, a loopback port that
/// needs one. It touches no other cluster of the machine. What it acknowledged is on disk (fsync stays on): it is measured too.
package struct PrivateCluster: Sendable {
    /// Holds `data` and the socket.
    package let directory: String
    package let port: UInt16
    package let account: String?
    package let isDurable: Bool

    package static let parent = "/var/tmp"
    package static let prefix = "helpdesk-"
    package static let database = "helpdesk"

    /// Over the socket, as its superuser. The directory lets in its owner and root alone.
    package var url: String { url(database: Self.database) }

    package func url(database: String) -> String { "postgresql://postgres@/\(database)?host=\(directory)&port=\(port)" }

    /// Makes a new cluster, without starting it.
    /// - Parameter isDurable: false keeps nothing safe on disk, for tests in a hurry.
    package static func create(isDurable: Bool = true) async throws -> PrivateCluster {
        let account = try PostgresPrograms.account()
        let directory = "\(parent)/\(prefix)\(UUID().uuidString.prefix(8).lowercased())"
        try FileManager.default.createDirectory(
            atPath: directory, withIntermediateDirectories: false, attributes: [.posixPermissions: 0o700])
        if let account, let entry = getpwnam(account), chown(directory, entry.pointee.pw_uid, entry.pointee.pw_gid) != 0 {
            throw LocalError(
                "no_directory", "could not give \(directory) to \(account) (errno \(errno))", next: "Check the permissions of \(parent).")
        }
        let cluster = PrivateCluster(directory: directory, port: try FreePort.any(), account: account, isDurable: isDurable)
        try await PostgresPrograms.program(
            "initdb",
            [
                "-D", directory + "/data", "-U", "postgres", "--locale=C.UTF-8", "-E", "UTF8", "--auth-local=trust",
                "--auth-host=scram-sha-256", "--no-instructions"
            ] + (isDurable ? [] : ["--no-sync"]), as: account
        ).mustSucceed()
        return cluster
    }

    /// The server in the foreground. SIGINT ends it in order, SIGQUIT at once.
    package func server(log: String) throws -> Program {
        var settings = [
            "listen_addresses=127.0.0.1", "port=\(port)", "unix_socket_directories=\(directory)", "max_connections=200",
            "shared_buffers=128MB", "logging_collector=off", "log_destination=stderr", "log_line_prefix=%m [%p] %q%a ",
            "max_wal_size=2GB", "checkpoint_timeout=15min"
        ]
        if !isDurable { settings += ["fsync=off", "synchronous_commit=off", "full_page_writes=off"] }
        return try PostgresPrograms.program(
            "postgres", ["-D", directory + "/data"] + settings.flatMap { ["-c", $0] }, as: account, log: log)
    }

    package func component(environment: [String: String], log: String) throws -> Component {
        var program = try server(log: log)
        program.environment.merge(environment) { own, _ in own }
        let url = url(database: "postgres")
        return Component(
            name: "postgres", program: program, stopSignal: SIGINT, stopLimit: .seconds(15), port: port,
            isReady: { await Self.answers(url) })
    }

    /// Makes the database. The server must run.
    package func createDatabase() async throws {
        _ = try await Self.withPool(url(database: "postgres")) { pool in
            try await pool.execute(SQL(unescaped: "CREATE DATABASE \(Self.database)"))
        }
    }

    package static func answers(_ url: String) async -> Bool {
        (try? await withPool(url) { pool in _ = try await pool.query("SELECT 1") }) != nil
    }

    /// Removes the cluster from the disk. The server must not run.
    package func remove() { Self.remove(directory) }

    /// Removes a cluster by its directory, if that is one of ours.
    package static func remove(_ directory: String) {
        guard directory.hasPrefix("\(parent)/\(prefix)"), !directory.contains("..") else { return }
        try? FileManager.default.removeItem(atPath: directory)
    }

    /// A pool of one connection for the length of `body`.
    package static func withPool<T: Sendable>(_ url: String, _ body: (ConnectionPool) async throws -> T) async throws -> T {
        var settings = try PostgresSettings(url: url)
        settings.maximumConnections = 1
        settings.connectTimeout = .seconds(2)
        settings.applicationName = "helpdesk"
        let pool = ConnectionPool(settings: settings, logger: Logger(label: "helpdesk.postgres"))
        do {
            let result = try await body(pool)
            await pool.close()
            return result
        } catch {
            await pool.close()
            throw error
        }
    }
}
