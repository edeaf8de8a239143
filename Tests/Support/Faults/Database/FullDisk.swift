import Foundation
import Postgres

/// A small memory disk of its own under a tablespace: what lies there soon finds no room. Needs the right to mount (root, on this machine's server).
public struct FullDisk: Sendable {
    private static let tablespace = "fault_injection_disk"

    private let hostile: HostileSessions
    private let mountPoint: String

    /// Says why this machine cannot do it; nil when it can.
    public static func obstacle() -> String? {
        guard geteuid() == 0 else { return "a small disk has to be mounted, which only root may" }
        let place = "/var/tmp/fault-disk-\(UUID().uuidString.prefix(8).lowercased())"
        do {
            try FileManager.default.createDirectory(atPath: place, withIntermediateDirectories: false)
            defer { try? FileManager.default.removeItem(atPath: place) }
            try run(["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", place])
            try run(["umount", place])
            return nil
        } catch {
            return "a small disk has to be mounted, which the system refuses here: \(error)"
        }
    }

    /// Mounts the disk and moves the tables to it.
    /// - Parameters:
    ///   - tables: `schema.name` each. Their indexes stay where they are.
    ///   - room: bytes left on it for new rows.
    ///   - dataDirectory: the server's, whose owner gets the disk.
    public static func mount(
        under tables: [String], room: Int, dataDirectory: String, _ hostile: HostileSessions
    ) async throws -> FullDisk {
        let place = "/var/tmp/fault-disk-\(UUID().uuidString.prefix(8).lowercased())"
        try FileManager.default.createDirectory(atPath: place, withIntermediateDirectories: false)
        try run(["mount", "-t", "tmpfs", "-o", "size=1g,mode=0700", "tmpfs", place])
        let disk = FullDisk(hostile: hostile, mountPoint: place)
        do {
            try run(["chown", "--reference=\(dataDirectory)", place])
            try await hostile.pool.withConnection { connection in
                _ = try connection.execute(SQL(unescaped: "CREATE TABLESPACE \(tablespace) LOCATION '\(place)'"))
                for table in tables { _ = try connection.execute(SQL(unescaped: "ALTER TABLE \(table) SET TABLESPACE \(tablespace)")) }
                // Files are cut only here; until then the moved ones' old room is still theirs.
                _ = try connection.execute("CHECKPOINT")
            }
            try disk.limit(room: room)
            return disk
        } catch {
            try? await disk.remove(tables)
            throw error
        }
    }

    /// Leaves so much room for new rows and no more.
    public func limit(room: Int) throws {
        var state = statvfs()
        guard statvfs(mountPoint, &state) == 0 else { throw FaultCommandError(command: "statvfs \(mountPoint)", words: "errno \(errno)") }
        let used = Int(state.f_blocks - state.f_bfree) * Int(state.f_frsize)
        try Self.run(["mount", "-o", "remount,size=\(used + room)", mountPoint])
    }

    /// Gives room again.
    public func extend() throws { try Self.run(["mount", "-o", "remount,size=1g", mountPoint]) }

    /// Moves the tables back and takes the disk away.
    public func remove(_ tables: [String]) async throws {
        try extend()
        try await hostile.pool.withConnection { connection in
            for table in tables { _ = try connection.execute(SQL(unescaped: "ALTER TABLE \(table) SET TABLESPACE pg_default")) }
            _ = try connection.execute("CHECKPOINT")
            _ = try connection.execute(SQL(unescaped: "DROP TABLESPACE IF EXISTS \(Self.tablespace)"))
        }
        // Sessions close the moved files only at their next statement; the disk goes when the last one has.
        try Self.run(["umount", "--lazy", mountPoint])
        try FileManager.default.removeItem(atPath: mountPoint)
    }

    private static func run(_ arguments: [String]) throws {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = arguments
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = FileHandle.nullDevice
        let errors = Pipe()
        process.standardError = errors
        try process.run()
        let words = errors.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else {
            throw FaultCommandError(
                command: arguments.joined(separator: " "), words: String(decoding: words.prefix(300), as: UTF8.self).trimmingCharacters(in: .newlines)
            )
        }
    }
}

/// A command of the system that a fault needs was refused.
public struct FaultCommandError: Error, CustomStringConvertible {
    let command: String
    let words: String

    public var description: String { "`\(command)` failed: \(words)" }
}
