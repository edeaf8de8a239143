import Foundation
import HelpdeskLocal
import WorkerRuntime

/// The pipeline's own processes.
extension Rig {
    /// What makes Triage trap and throw, as text in a ticket.
    static let trapWord = "chaos-trap-word"
    static let throwWord = "chaos-throw-word"

    nonisolated var baseEnvironment: [String: String] {
        var environment = ProcessInfo.processInfo.environment.filter { ["PATH", "HOME", "LANG", "LC_ALL", "TZ", "TMPDIR"].contains($0.key) }
        environment[Watchdog.mark] = id
        return environment
    }

    nonisolated func environment(_ addresses: Addresses) -> [String: String] {
        var environment = baseEnvironment
        environment["KAFKA_BROKERS"] = addresses.brokers
        // A fetch that waits at an embedded broker is not woken by new records.
        if options.brokers == nil { environment["KAFKA_FETCH_WAIT"] = "50ms" }
        environment["DATABASE_URL"] = addresses.databaseURL
        environment["LLM_BASE_URL"] = addresses.modelURL
        environment["LLM_MODEL"] = "scripted"
        // What the model cannot take in time is not fed: the usual number would hold the feed at a third.
        environment["LLM_PARALLEL_CALLS"] = "24"
        environment["HELPDESK_FAULT_TRAP"] = Self.trapWord
        environment["HELPDESK_FAULT_THROW"] = Self.throwWord
        environment["HELPDESK_BREAK"] = options.breakage?.rawValue
        // A trap should end the process at once, not after a backtrace of many seconds.
        environment["SWIFT_BACKTRACE"] = "enable=no"
        return environment
    }

    /// Starts one more of a kind, with this more in its environment. It is started again whenever it ends by itself.
    @discardableResult
    func start(_ kind: ProcessKind, port: UInt16? = nil, environment more: [String: String] = [:]) async throws -> String {
        let number = started[kind, default: 0] + 1
        started[kind] = number
        let name = "\(kind.rawValue)-\(number)"
        let port = try port ?? FreePort.any()
        let base = "http://127.0.0.1:\(port)"
        try FileManager.default.createDirectory(atPath: armory(name), withIntermediateDirectories: true)
        var environment = environment(addresses)
        environment["HELPDESK_FAULT_DIRECTORY"] = armory(name)
        try await supervisor.start(
            Component(
                name: name,
                program: Program(
                    path: "\(executables.directory)/\(kind.rawValue)", arguments: arguments(kind, port),
                    environment: environment.merging(more) { $1 }, log: log(name)),
                port: port, isReady: { await HTTPProbe.isReady(base) }))
        running[kind, default: []].append(name)
        return name
    }

    private nonisolated func arguments(_ kind: ProcessKind, _ port: UInt16) -> [String] {
        let health = ["run", "--health-port", String(port)]
        switch kind {
        case .gateway: return ["serve", "--http-port", String(port)]
        case .classifier: return health + ["--classifier-taxonomy", executables.taxonomy, "--classifier-guardrails", executables.guardrails]
        case .escalation: return health + ["--escalation-policy", executables.policy, "--escalation-taxonomy", executables.taxonomy]
        case .metrics: return health
        }
    }

    /// Asks one to end, which finishes what it has in hand, and keeps it down for good.
    func stop(_ name: String) async {
        for kind in ProcessKind.allCases { running[kind]?.removeAll { $0 == name } }
        await supervisor.stop(name)
    }

    /// Names of the running ones, oldest first.
    func names(_ kind: ProcessKind) -> [String] { running[kind] ?? [] }

    /// Sends a signal to the process as it runs now; it is started again if it ends of it.
    /// - Throws: `FaultMissed` when it does not run now.
    func signal(_ name: String, _ number: Int32) async throws {
        guard await supervisor.signal(name, number) else { throw FaultMissed("\(name) does not run") }
    }

    /// Keeps all of a kind down while `body` runs.
    func withoutAny(of kind: ProcessKind, _ body: () async throws -> Void) async throws {
        let names = names(kind)
        await withTaskGroup { group in
            for name in names { group.addTask { await self.supervisor.hold(name) } }
        }
        let result: Result<Void, any Error>
        do {
            try await body()
            result = .success(())
        } catch {
            result = .failure(error)
        }
        for name in names { try await supervisor.resume(name) }
        try result.get()
    }

    // MARK: Named points

    enum Order: String, Sendable { case kill, stop }

    nonisolated func armory(_ name: String) -> String { "\(options.directory)/armed/\(name)" }

    /// Orders one process to die or stop at a named point (see `FaultPoint`), and waits until it gets there.
    /// - Throws: `FaultMissed` when it does not get there in time; the order is withdrawn then.
    func strike(_ name: String, at point: String, _ order: Order = .kill, within limit: Duration = .seconds(12)) async throws {
        let file = "\(armory(name))/\(point)"
        guard FileManager.default.createFile(atPath: file, contents: Data(order.rawValue.utf8)) else {
            throw LocalError("no_directory", "could not write \(file)", next: "Check the disk.")
        }
        let deadline = ContinuousClock.now + limit
        while ContinuousClock.now < deadline, FileManager.default.fileExists(atPath: file) {
            try? await Task.sleep(for: .milliseconds(10))
            if Task.isCancelled { break }
        }
        if unlink(file) == 0 { throw FaultMissed("\(name) did not come to \(point) within \(limit)") }
    }

    /// Waits until the condition holds.
    nonisolated func eventually(_ limit: Duration, _ condition: () async throws -> Bool) async throws -> Bool {
        let deadline = ContinuousClock.now + limit
        while ContinuousClock.now < deadline {
            if try await condition() { return true }
            try await Task.sleep(for: .milliseconds(20))
        }
        return try await condition()
    }
}
