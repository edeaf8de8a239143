import Foundation
import Logging
import Postgres
import TestSupport

/// A database that can be taken away from those who reach it through `url`, and given back: its socket is reached by a link of its own.
struct SeverableDatabase: Sendable {
    /// Past the link.
    let directURL: String
    /// Through the link.
    let url: String
    private let name: String
    private let link: String
    private let socket: String
    private let directory: String
    private let server: PrivatePostgres

    static func make() async throws -> SeverableDatabase {
        let server = try await PrivatePostgres.shared()
        let directURL = try await server.createDatabase()
        let directory = "/var/tmp/pgl-" + UUID().uuidString.prefix(8).lowercased()
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: false)
        let file = ".s.PGSQL.\(server.port)"
        let name = directURL.split(separator: "?")[0].split(separator: "/").last.map(String.init) ?? ""
        let database = SeverableDatabase(
            directURL: directURL, url: "postgresql://postgres@/\(name)?host=\(directory)&port=\(server.port)", name: name,
            link: directory + "/" + file, socket: server.directory + "/" + file, directory: directory, server: server)
        try database.restore()
        return database
    }

    /// Ends the connections through the link, and lets nobody in any more.
    func sever() async throws {
        try FileManager.default.removeItem(atPath: link)
        let pool = ConnectionPool(settings: try PostgresSettings(url: server.url), logger: Logger(label: "sever"))
        try await pool.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = \(name)")
        await pool.close()
    }

    func restore() throws {
        try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: socket)
    }

    func remove() {
        try? FileManager.default.removeItem(atPath: directory)
    }
}
