import Foundation

/// A PostgreSQL server of the test process's own: in a directory under /var/tmp, on a local socket and a free
/// loopback port, gone when the process is, however that ends. It keeps nothing safe on disk (`fsync=off`).
public struct PrivatePostgres: Sendable {
    /// The directory with its data and its socket.
    public let directory: String
    public let port: UInt16
    /// The administrative database, as its superuser.
    public var url: String { url(database: "postgres") }

    /// The one server of this process, started by the first to ask.
    /// - Throws: `PrivatePostgresError`, which says what to install.
    public static func shared() async throws -> PrivatePostgres {
        try await starting.value
    }

    /// A server beside the shared one, to be broken. It ends with the process, or with `stop()`.
    /// What it has committed outlives its processes, if not the machine.
    public static func own(maximumConnections: Int = 200) async throws -> PrivatePostgres {
        try await offPool { try start(["synchronous_commit=on", "max_connections=\(maximumConnections)"]) }
    }

    /// Starts the server again after it was ended from outside.
    public func startAgain() async throws {
        try await Self.offPool {
            Self.lifelines.withLock { try? $0[directory]?.fileHandleForWriting.write(contentsOf: Data("start\n".utf8)) }
            try waitUntilReady(nil)
        }
    }

    /// Ends the server and removes its directory.
    public func stop() async {
        try? await Self.offPool {
            Self.lifelines.withLock { try? $0.removeValue(forKey: directory)?.fileHandleForWriting.close() }
            while FileManager.default.fileExists(atPath: directory) { usleep(10_000) }
        }
    }

    /// Makes an empty database, so that suites cannot meet.
    /// - Returns: its address.
    public func createDatabase() async throws -> String {
        let name = "test_" + UUID().uuidString.lowercased().replacing("-", with: "_")
        try await Self.offPool {
            try Self.run(Self.binary("psql"), ["-X", "-q", "-v", "ON_ERROR_STOP=1", "-d", url, "-c", "CREATE DATABASE \(name)"])
        }
        return url(database: name)
    }

    /// The address of a database over the local socket, which asks no password.
    public func url(database: String) -> String {
        "postgresql://postgres@/\(database)?host=\(directory)&port=\(port)"
    }

    // MARK: - Start

    private static let starting = Task { try await offPool { try start() } }

    private static func start(_ changes: [String] = []) throws -> PrivatePostgres {
        let directory = "/var/tmp/pgt-" + UUID().uuidString.prefix(8).lowercased()
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: false)
        var asOwner: [String] = []
        if geteuid() == 0 {
            // PostgreSQL refuses to run as root.
            try run("/usr/bin/env", ["chown", "postgres:postgres", directory])
            asOwner = ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"]
        }
        try run("/usr/bin/env", ["chmod", "0700", directory])
        // Over TCP nobody gets in without a password, and nobody has one; the port is only the server's name.
        let port = try freePort()
        let settings = [
            "listen_addresses=127.0.0.1", "port=\(port)", "unix_socket_directories=\(directory)", "fsync=off",
            "synchronous_commit=off", "full_page_writes=off", "shared_buffers=16MB", "max_connections=200",
            "logging_collector=off", "log_destination=stderr"
        ]
        let process = try launch(
            asOwner + ["sh", "-c", watchdog, "watchdog", directory, try binary("initdb"), try binary("postgres")]
                + ["-D", directory + "/data"] + (settings + changes).flatMap { ["-c", $0] }, for: directory)
        let server = PrivatePostgres(directory: directory, port: port)
        try server.waitUntilReady(process)
        return server
    }

    /// Makes the cluster and runs the server until its standard input ends, which it does with the process that started it, even when that was
    /// killed; then stops the server and removes the directory. A line of input starts the server once more. It watches the server's lock file instead of calling `wait`, which
    /// hangs where the thread that started it had its signals blocked, as Dispatch's threads have.
    private static let watchdog = """
        trap '' INT TERM HUP
        directory=$1; initdb=$2; shift 2
        "$initdb" -D "$directory/data" -U postgres --no-sync --locale=C.UTF-8 -E UTF8 \
            --auth-local=trust --auth-host=reject >"$directory/log" 2>&1 </dev/null || exit 1
        serve() { (trap - INT TERM HUP; exec "$@") >>"$directory/log" 2>&1 </dev/null & server=$!; }
        serve "$@"
        while read -r _; do serve "$@"; done
        kill -QUIT $server 2>/dev/null
        n=0
        while [ -e "$directory/data/postmaster.pid" ] && [ $n -lt 100 ]; do sleep 0.1; n=$((n + 1)); done
        kill -KILL $server 2>/dev/null
        rm -rf "$directory"
        """

    private static func launch(_ arguments: [String], for directory: String) throws -> Process {
        let lifeline = Pipe()
        // Another child that inherited this end would keep the server alive after us.
        _ = fcntl(lifeline.fileHandleForWriting.fileDescriptor, F_SETFD, FD_CLOEXEC)
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        // Foundation gives it a process group of its own, so Control-C at the terminal reaches us first. Not through setsid, which would fork: what it
        // leaves behind is not reaped while the server runs, and Swift Testing's exit tests wait for ever behind any such child.
        process.arguments = arguments
        process.standardInput = lifeline
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        try process.run()
        // Open until the process ends; only `stop` closes it on purpose.
        lifelines.withLock { $0[directory] = lifeline }
        return process
    }

    private static let lifelines = Lifelines()

    private final class Lifelines: @unchecked Sendable {
        // Unchecked: only touched under the lock.
        private let lock = NSLock()
        private var pipes: [String: Pipe] = [:]

        func withLock(_ body: (inout [String: Pipe]) -> Void) {
            lock.lock()
            defer { lock.unlock() }
            body(&pipes)
        }
    }

    private func waitUntilReady(_ process: Process?) throws {
        let isReady = try Self.binary("pg_isready")
        let deadline = Date(timeIntervalSinceNow: 60)
        while (try? Self.run(isReady, ["-q", "-h", directory, "-p", "\(port)"])) == nil {
            guard Date() < deadline, process?.isRunning != false else {
                let log = (try? String(contentsOfFile: directory + "/log", encoding: .utf8)) ?? "no log"
                throw PrivatePostgresError("PostgreSQL did not start: \(log.suffix(500))")
            }
            usleep(50_000)
        }
    }

    private static func freePort() throws -> UInt16 {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(descriptor) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let bound = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, length) == 0 && getsockname(descriptor, $0, &length) == 0
            }
        }
        guard bound else { throw PrivatePostgresError("no free port on 127.0.0.1 (errno \(errno))") }
        return UInt16(bigEndian: address.sin_port)
    }

    // MARK: - Programs

    private static func binary(_ name: String) throws -> String {
        let places = ["/usr/lib/postgresql/15/bin", "/usr/lib/postgresql/16/bin", "/usr/lib/postgresql/17/bin", "/usr/local/bin", "/usr/bin"]
        for place in places where FileManager.default.isExecutableFile(atPath: "\(place)/\(name)") {
            return "\(place)/\(name)"
        }
        throw PrivatePostgresError("these tests need PostgreSQL's \(name): apt-get install postgresql-15")
    }

    private static func run(_ program: String, _ arguments: [String]) throws {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: program)
        process.arguments = arguments
        process.currentDirectoryURL = URL(fileURLWithPath: "/")
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = FileHandle.nullDevice
        let errors = Pipe()
        process.standardError = errors
        try process.run()
        let complaint = errors.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else {
            let text = String(decoding: complaint.suffix(500), as: UTF8.self)
            throw PrivatePostgresError("\(program) ended with status \(process.terminationStatus): \(text)")
        }
    }

    /// Runs blocking work where no task waits for the thread.
    private static func offPool<T: Sendable>(_ work: @escaping @Sendable () throws -> T) async throws -> T {
        try await withCheckedThrowingContinuation { continuation in
            DispatchQueue.global().async { continuation.resume(with: Result(catching: work)) }
        }
    }
}

public struct PrivatePostgresError: Error, CustomStringConvertible {
    public let description: String

    init(_ description: String) {
        self.description = description
    }
}
