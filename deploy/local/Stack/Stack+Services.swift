import Foundation

/// The gateway and the workers.
extension Stack {
    func startServices(_ addresses: StackAddresses) async throws {
        guard let port = URL(string: addresses.gatewayURL)?.port.flatMap(UInt16.init(exactly:)) else { return }
        let gateway = addresses.gatewayURL
        say("gateway: \(gateway)")
        try await supervisor.start(
            Component(
                name: "ingest",
                program: Program(
                    path: executables.ingest, arguments: ["serve", "--http-port", String(port), "--docs-assets", executables.documentation],
                    environment: environment(addresses),
                    log: directory.log("ingest")),
                port: port, isReady: { await HTTPProbe.isReady(gateway) }))
        say("workers: \(options.workers)")
        for kind in WorkerKind.allCases {
            for _ in 0..<options.workers[kind] { try await addWorker(kind) }
        }
        try await supervisor.waitUntilReady("ingest", within: .seconds(60))
        for worker in workers.values.joined() { try await supervisor.waitUntilReady(worker, within: .seconds(60)) }
    }

    /// Starts one more, with this more in its environment.
    @discardableResult
    func addWorker(_ kind: WorkerKind = .classifier, environment more: [String: String] = [:]) async throws -> String {
        guard let addresses else { throw LocalError("not_running", "the stack is not started", next: "Start it first.") }
        let number = started[kind, default: 0] + 1
        started[kind] = number
        let name = "\(kind.rawValue)-\(number)"
        let port = try FreePort.any()
        try await supervisor.start(
            Component(
                name: name,
                program: Program(
                    path: executables.worker(kind), arguments: ["run", "--health-port", String(port)] + arguments(kind),
                    environment: environment(addresses).merging(options.workerEnvironment.merging(more) { $1 }) { $1 },
                    log: directory.log(name)),
                port: port, isReady: { await HTTPProbe.isReady("http://127.0.0.1:\(port)") }))
        workers[kind, default: []].append(name)
        return name
    }

    private func arguments(_ kind: WorkerKind) -> [String] {
        switch kind {
        case .classifier: ["--classifier-taxonomy", executables.taxonomy, "--classifier-guardrails", executables.guardrails]
        case .escalation: ["--escalation-policy", executables.policy, "--escalation-taxonomy", executables.taxonomy]
        case .metrics: []
        }
    }

    /// Ends the newest one, which finishes what it has in hand.
    func removeWorker(_ kind: WorkerKind) async {
        guard let name = workers[kind]?.popLast() else { return }
        await supervisor.stop(name)
    }

    /// Starts or ends workers until there are `count`.
    func scale(_ kind: WorkerKind = .classifier, to count: Int) async throws {
        while workers[kind, default: []].count < count { try await addWorker(kind) }
        while workers[kind, default: []].count > count { await removeWorker(kind) }
        recorder.scaled(kind, to: count)
    }
}
