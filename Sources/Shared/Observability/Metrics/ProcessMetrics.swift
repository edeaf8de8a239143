#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

extension MetricRegistry {
    /// Declares the `process_*` metrics that Prometheus clients share, read from `/proc` at each scrape. Where there is no
    /// `/proc` they are left out.
    public func addProcessMetrics() {
        callback("process_resident_memory_bytes", "Resident memory size in bytes.") {
            ProcessUsage.residentBytes().map { [Sample([], $0)] } ?? []
        }
        callback("process_cpu_seconds_total", "Total user and system CPU time spent in seconds.", kind: .counter) {
            ProcessUsage.cpuSeconds().map { [Sample([], $0)] } ?? []
        }
        callback("process_open_fds", "Number of open file descriptors.") {
            ProcessUsage.openDescriptors().map { [Sample([], $0)] } ?? []
        }
        let start = ProcessUsage.startTime()
        callback("process_start_time_seconds", "Start time of the process since unix epoch in seconds.") {
            start.map { [Sample([], $0)] } ?? []
        }
    }
}

/// What the kernel says about this process. Source: proc(5).
enum ProcessUsage {
    static func residentBytes() -> Double? {
        guard let pages = text("/proc/self/statm")?.split(separator: " ").dropFirst().first.flatMap({ Double($0) })
        else { return nil }
        return pages * Double(sysconf(Int32(_SC_PAGESIZE)))
    }

    static func cpuSeconds() -> Double? {
        guard let fields = statFields(), fields.count > 12, let user = Double(fields[11]), let system = Double(fields[12])
        else { return nil }
        return (user + system) / ticksPerSecond
    }

    static func startTime() -> Double? {
        guard let fields = statFields(), fields.count > 19, let started = Double(fields[19]),
            let boot = text("/proc/stat")?.split(separator: "\n").first(where: { $0.hasPrefix("btime ") }),
            let bootTime = Double(boot.dropFirst("btime ".count))
        else { return nil }
        return bootTime + started / ticksPerSecond
    }

    static func openDescriptors() -> Double? {
        guard let directory = opendir("/proc/self/fd") else { return nil }
        defer { closedir(directory) }
        var entries = 0
        while readdir(directory) != nil { entries += 1 }
        // "." and "..", and the descriptor that reads the directory.
        return Double(max(0, entries - 3))
    }

    private static var ticksPerSecond: Double { Double(sysconf(Int32(_SC_CLK_TCK))) }

    /// The fields after the command name, which may itself hold spaces and parentheses: field 3 of the manual is the first.
    private static func statFields() -> [Substring]? {
        guard let stat = text("/proc/self/stat"), let end = stat.lastIndex(of: ")") else { return nil }
        return stat[stat.index(after: end)...].split(separator: " ")
    }

    private static func text(_ path: String) -> String? {
        let descriptor = open(path, O_RDONLY)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 4096)
        while true {
            let count = read(descriptor, &chunk, chunk.count)
            guard count > 0 else { break }
            bytes += chunk[..<count]
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
