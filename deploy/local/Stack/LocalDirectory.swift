import Foundation

/// Where a stack keeps its files: state, logs, the log of acknowledged events, and the way to its database cluster.
struct LocalDirectory: Sendable, Hashable {
    /// Absolute.
    let path: String

    /// - Parameter path: `.local` below the working directory if it is not given.
    init(_ path: String? = nil) {
        self.path = URL(fileURLWithPath: path ?? ".local").standardizedFileURL.path
    }

    var state: String { path + "/state.json" }
    var lock: String { path + "/lock" }
    var logs: String { path + "/logs" }
    var acknowledged: String { path + "/acknowledged.jsonl" }
    /// How many workers of a kind there should be, written by `helpdesk scale`.
    func scale(_ kind: WorkerKind) -> String { "\(path)/scale-\(kind.word)" }
    /// Leads to the cluster, which lies elsewhere: PostgreSQL's own user may not enter every home directory, and the path of
    /// its socket must be short.
    var cluster: String { path + "/postgres" }

    func log(_ name: String) -> String { "\(logs)/\(name).log" }

    func create() throws {
        do {
            try FileManager.default.createDirectory(
                atPath: logs, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        } catch {
            throw LocalError("no_directory", "could not make \(logs): \(error.localizedDescription)", next: "Give a writable --directory.")
        }
    }

    /// Makes this process the one owner of the directory, until it ends or lets go.
    /// - Returns: nil when another process is.
    func takeLock() throws -> DirectoryLock? {
        let descriptor = open(lock, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else {
            throw LocalError("no_directory", "could not open \(lock) (errno \(errno))", next: "Give a writable --directory.")
        }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            close(descriptor)
            return nil
        }
        return DirectoryLock(descriptor: descriptor)
    }
}

/// Held until it is released or the process ends, however it ends.
final class DirectoryLock: Sendable {
    private let descriptor: Int32

    init(descriptor: Int32) { self.descriptor = descriptor }

    deinit { close(descriptor) }
}
