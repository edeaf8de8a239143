import Foundation

/// One process for all its life: a number that the system reuses, and the moment at which its present owner started.
package struct ProcessIdentity: Codable, Hashable, Sendable {
    package let pid: Int32
    /// Clock ticks from the start of the machine to the start of the process. Source: proc(5), field `starttime`.
    package let startTime: UInt64

    /// Who has this number now; nil when nobody has, or only the remains of somebody who ended.
    package init?(of pid: Int32) {
        guard let found = Self.look(pid), found.state != "Z" else { return nil }
        self.pid = pid
        startTime = found.startTime
    }

    /// A child of ours that nobody has waited for yet: it is there, even when it has ended.
    package init?(child pid: Int32) {
        guard let found = Self.look(pid) else { return nil }
        self.pid = pid
        startTime = found.startTime
    }

    package var isAlive: Bool { ProcessIdentity(of: pid) == self }

    /// Sends the signal unless the number belongs to somebody else by now.
    @discardableResult
    package func signal(_ number: Int32) -> Bool {
        guard pid > 1, isAlive else { return false }
        return kill(pid, number) == 0
    }

    /// Resident memory in bytes. Source: proc(5), `statm`, second field, in pages.
    package var residentBytes: Int? {
        guard isAlive, let text = Self.read("/proc/\(pid)/statm") else { return nil }
        let fields = text.split(separator: " ")
        guard fields.count > 1, let pages = Int(fields[1]) else { return nil }
        return pages * Int(sysconf(Int32(_SC_PAGESIZE)))
    }

    /// The processes whose environment holds `name=value`, as far as we may see.
    package static func carrying(_ name: String, _ value: String) -> [ProcessIdentity] {
        let mark = Array("\(name)=\(value)".utf8)
        let entries = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
        return entries.compactMap(Int32.init).filter { $0 != getpid() }.compactMap { pid in
            guard let environment = FileManager.default.contents(atPath: "/proc/\(pid)/environ"),
                environment.split(separator: 0).contains(where: { $0.elementsEqual(mark) })
            else { return nil }
            return ProcessIdentity(of: pid)
        }
    }

    private static func look(_ pid: Int32) -> (state: String, startTime: UInt64)? {
        // The name stands in parentheses and may hold anything, so fields are counted from the last closing one.
        guard let text = read("/proc/\(pid)/stat"), let end = text.lastIndex(of: ")") else { return nil }
        let fields = text[text.index(after: end)...].split(separator: " ")
        guard fields.count > 19, let startTime = UInt64(fields[19]) else { return nil }
        return (String(fields[0]), startTime)
    }

    private static func read(_ path: String) -> String? {
        FileManager.default.contents(atPath: path).map { String(decoding: $0, as: UTF8.self) }
    }
}
