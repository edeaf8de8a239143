public import Foundation

/// A PostgreSQL server by its data directory, to be killed. Starting it again is the business of whoever runs it.
public struct PostgresServer: Sendable {
    /// How a server ends.
    public enum Ending: Sendable, Hashable, CaseIterable {
        /// SIGKILL to the postmaster and all its children at once, as when the machine stops. The next start recovers from the log.
        case killed
        /// SIGQUIT: every session is dropped, nothing is written; the next start recovers.
        case aborted
        /// SIGINT: transactions are rolled back, sessions ended, a checkpoint written.
        case fast
    }

    public let dataDirectory: String

    public init(dataDirectory: String) { self.dataDirectory = dataDirectory }

    /// The postmaster's process; nil when none runs.
    public var postmaster: pid_t? {
        guard let file = try? String(contentsOfFile: dataDirectory + "/postmaster.pid", encoding: .utf8),
            let pid = file.split(separator: "\n").first.flatMap({ pid_t($0) }), Self.isAlive(pid)
        else { return nil }
        return pid
    }

    /// Ends the server and returns when none of its processes is left. Without a server it does nothing.
    /// - Throws: `PostgresServerError` when a process outlives the deadline of 30 s.
    public func end(_ ending: Ending) throws {
        guard let postmaster else { return }
        let family = [postmaster] + Self.children(of: postmaster)
        switch ending {
        case .killed: for process in family { kill(process, SIGKILL) }
        case .aborted: kill(postmaster, SIGQUIT)
        case .fast: kill(postmaster, SIGINT)
        }
        let deadline = ContinuousClock.now + .seconds(30)
        // Those that were born between the look and the signal end by themselves when their postmaster is gone, and hold its memory until then.
        while let left = (family + Self.children(of: postmaster)).first(where: Self.isAlive) {
            guard ContinuousClock.now < deadline else { throw PostgresServerError(process: left, dataDirectory: dataDirectory) }
            usleep(2000)
        }
    }

    /// Zombies that nobody has waited for are not alive.
    private static func isAlive(_ process: pid_t) -> Bool {
        guard let (_, state) = parentAndState(of: process) else { return false }
        return state != "Z" && state != "X"
    }

    private static func children(of parent: pid_t) -> [pid_t] {
        let entries = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
        return entries.compactMap { pid_t($0) }.filter { parentAndState(of: $0)?.parent == parent }
    }

    /// Source: proc(5), /proc/pid/stat. The name before them may hold anything but ends with the last bracket.
    private static func parentAndState(of process: pid_t) -> (parent: pid_t, state: Substring)? {
        guard let stat = try? String(contentsOfFile: "/proc/\(process)/stat", encoding: .utf8), let bracket = stat.lastIndex(of: ")")
        else { return nil }
        let fields = stat[stat.index(after: bracket)...].split(separator: " ")
        guard fields.count > 1, let parent = pid_t(fields[1]) else { return nil }
        return (parent, fields[0])
    }
}

public struct PostgresServerError: Error, CustomStringConvertible {
    let process: pid_t
    let dataDirectory: String

    public var description: String {
        "process \(process) of the server in \(dataDirectory) did not end within 30 s; look at what it waits for (cat /proc/\(process)/wchan)"
    }
}
