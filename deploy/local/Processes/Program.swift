import Foundation

/// A program to be run: absolute path, arguments, and the whole environment it gets.
package struct Program: Sendable {
    package var path: String
    package var arguments: [String] = []
    package var environment: [String: String] = [:]
    /// File to which its standard output and error are appended; nil throws them away.
    package var log: String?
    /// Descriptor that becomes its standard input; nil gives it an empty one.
    package var input: Int32?

    package init(
        path: String, arguments: [String] = [], environment: [String: String] = [:], log: String? = nil, input: Int32? = nil
    ) {
        self.path = path
        self.arguments = arguments
        self.environment = environment
        self.log = log
        self.input = input
    }

    package var name: String { path.split(separator: "/").last.map(String.init) ?? path }
}

/// How a process ended.
package enum ProcessEnd: Sendable, Hashable, CustomStringConvertible {
    case code(Int32)
    case signal(Int32)

    package init(status: Int32) {
        let signal = status & 0x7F
        self = signal == 0 ? .code((status >> 8) & 0xFF) : .signal(signal)
    }

    package var description: String {
        switch self {
        case .code(let code): "exit code \(code)"
        case .signal(let number): "signal \(number)"
        }
    }
}

extension Program {
    /// Starts it in a process group of its own, so that Control-C at the terminal reaches only us, with every signal at its default
    /// (what we ignore, a child would ignore too) and none of our descriptors.
    ///
    /// - Parameter ended: called on a thread of its own, once.
    package func start(ended: @escaping @Sendable (ProcessEnd) -> Void) throws -> ProcessIdentity {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        if let input {
            posix_spawn_file_actions_adddup2(&actions, input, 0)
        } else {
            posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        }
        posix_spawn_file_actions_addopen(&actions, 1, log ?? "/dev/null", O_WRONLY | O_CREAT | O_APPEND, 0o600)
        posix_spawn_file_actions_adddup2(&actions, 1, 2)
        // Some room above for those that other threads open meanwhile; closing what is not open does nothing.
        let open = (try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd"))?.compactMap(Int32.init).max() ?? 255
        for descriptor in 3...(max(3, open) + 32) { posix_spawn_file_actions_addclose(&actions, descriptor) }

        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var all = sigset_t(), none = sigset_t()
        sigfillset(&all)
        sigemptyset(&none)
        posix_spawnattr_setsigdefault(&attributes, &all)
        posix_spawnattr_setsigmask(&attributes, &none)
        posix_spawnattr_setpgroup(&attributes, 0)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETPGROUP))

        var argv: [UnsafeMutablePointer<CChar>?] = ([path] + arguments).map { strdup($0) } + [nil]
        var envp: [UnsafeMutablePointer<CChar>?] = environment.sorted { $0.key < $1.key }.map { strdup("\($0.key)=\($0.value)") } + [nil]
        defer { for pointer in argv + envp { free(pointer) } }
        var pid = pid_t()
        let code = posix_spawn(&pid, path, &actions, &attributes, &argv, &envp)
        guard code == 0 else {
            throw LocalError(
                "process_start", "could not start \(path): \(String(cString: strerror(code)))", next: "Check that it exists and may be executed.")
        }
        let identity = ProcessIdentity(child: pid)
        let waiting = pid
        Thread.detachNewThread {
            var status: Int32 = 0
            while waitpid(waiting, &status, 0) < 0, errno == EINTR {}
            ended(ProcessEnd(status: status))
        }
        guard let identity else {
            throw LocalError("process_table", "found no /proc entry of \(path)", next: "Run this on Linux with /proc mounted.")
        }
        return identity
    }

    /// Runs it to its end.
    /// - Returns: how it ended and what it wrote.
    package func run(within limit: Duration = .seconds(120)) async throws -> (end: ProcessEnd, output: String) {
        let path = NSTemporaryDirectory() + "/helpdesk-run-" + UUID().uuidString
        defer { unlink(path) }
        var captured = self
        captured.log = path
        let (ends, input) = AsyncStream.makeStream(of: ProcessEnd.self)
        let identity = try captured.start { end in
            input.yield(end)
            input.finish()
        }
        let guardTask = Task {
            try await Task.sleep(for: limit)
            identity.signal(SIGKILL)
        }
        defer { guardTask.cancel() }
        var end = ProcessEnd.signal(SIGKILL)
        await withTaskCancellationHandler {
            // Waits on its own task: a cancelled one would see the stream end before the process does.
            end = await Task { () -> ProcessEnd in
                for await end in ends { return end }
                return .signal(SIGKILL)
            }.value
        } onCancel: {
            identity.signal(SIGTERM)
        }
        return (end, Self.text(path))
    }

    /// Runs it and insists on exit code 0.
    @discardableResult
    package func mustSucceed(within limit: Duration = .seconds(120)) async throws -> String {
        let (end, output) = try await run(within: limit)
        guard end == .code(0) else {
            throw LocalError(
                "program_failed",
                "\(name) \(arguments.first ?? "") ended with \(end): \(output.suffix(600).trimmingCharacters(in: .whitespacesAndNewlines))",
                next: "Fix what it names and try again.")
        }
        return output
    }

    private static func text(_ path: String) -> String {
        String(decoding: FileManager.default.contents(atPath: path) ?? Data(), as: UTF8.self)
    }
}
