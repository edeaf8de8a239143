import Faults
import Foundation
import HelpdeskLocal
import Logging
import WorkerRuntime

/// What a run is made on: real processes of its own, and a hand on each of them.
actor Rig {
    struct Options: Sendable {
        var mode = ChaosMode.short
        var seed: UInt64 = 1
        var partitions = 12
        /// Absolute. Logs and everything that the reader of a failed run wants.
        var directory: String
        /// Of each kind of process.
        var instances = 2
        /// How the pipeline is to be broken on purpose, which the judge must notice.
        var breakage: Breakage?
        /// Brokers of a real cluster; nil: embedded ones.
        var brokers: String?
        var brokerStop: String?
        var brokerStart: String?
    }

    /// Where the pipeline's processes find what they need. A proxy on a wire stands here in the place of what it leads to.
    struct Addresses: Sendable {
        var brokers: String
        var databaseURL: String
        var modelURL: String
    }

    nonisolated let options: Options
    nonisolated let executables: Executables
    nonisolated let id = UUID().uuidString.lowercased()
    nonisolated let supervisor: Supervisor
    let logger: Logger
    let say: @Sendable (String) -> Void
    private let watchdog: WatchdogLink
    private var cluster: PrivateCluster?
    private var model: ScriptedEndpoint?
    private var parts: Parts?
    /// Names of the running processes by kind, oldest first.
    var running: [ProcessKind: [String]] = [:]
    var started: [ProcessKind: Int] = [:]

    /// What there is once `start` returned.
    private struct Parts {
        var addresses: Addresses
        var broker: BrokerControl
        var database: DatabaseControl
        var world: World
        var databaseWire: PostgresFaultProxy
        var kafkaWire: KafkaFaultProxy?
    }

    init(options: Options, executables: Executables, logger: Logger, say: @escaping @Sendable (String) -> Void) {
        self.options = options
        self.executables = executables
        self.logger = logger
        self.say = say
        var program = Program(path: executables.helpdesk, arguments: ["watchdog", "--stack", id], log: "\(options.directory)/watchdog.log")
        program.environment = [Watchdog.mark: id]
        let watchdog = WatchdogLink(program, logger: logger)
        self.watchdog = watchdog
        supervisor = Supervisor(logger: logger) { rows in watchdog.guarding(rows) { $0 == DatabaseControl.process ? SIGINT : SIGTERM } }
    }

    nonisolated var mode: ChaosMode { options.mode }

    /// Valid once `start` returned, as are the following.
    var addresses: Addresses { parts!.addresses }
    var broker: BrokerControl { parts!.broker }
    var database: DatabaseControl { parts!.database }
    var world: World { parts!.world }
    /// Between the pipeline and PostgreSQL.
    var databaseWire: PostgresFaultProxy { parts!.databaseWire }
    /// Between the pipeline and the embedded brokers; nil before a real cluster.
    var kafkaWire: KafkaFaultProxy? { parts!.kafkaWire }

    nonisolated func log(_ name: String) -> String { "\(options.directory)/\(name).log" }

    // MARK: Starting

    /// Starts everything; what it started before a failure is for `stop` to end.
    func start() async throws {
        Foundation.signal(SIGPIPE, SIG_IGN)
        try watchdog.start()
        let cluster = try await PrivateCluster.create()
        self.cluster = cluster
        try await supervisor.start(cluster.component(environment: [Watchdog.mark: id], log: log(DatabaseControl.process)))
        try await supervisor.waitUntilReady(DatabaseControl.process, within: .seconds(60))
        try await cluster.createDatabase()
        let broker = try await startBroker()
        let model = ScriptedEndpoint(port: try FreePort.any(), logger: logger)
        try await model.start()
        self.model = model
        let kafkaWire = broker.isEmbedded ? try await KafkaFaultProxy(before: broker.bootstrapServers) : nil
        let (databaseWire, databaseURL) = try await Self.wire(before: cluster)
        let addresses = Addresses(
            brokers: kafkaWire?.bootstrapServers ?? broker.bootstrapServers, databaseURL: databaseURL, modelURL: model.url)
        let key = try await prepareDatabase(addresses)
        let database = DatabaseControl(cluster: cluster, supervisor: supervisor)
        let gateways = try (0..<options.instances).map { _ in try FreePort.any() }
        let world = try await startWorld(broker, cluster, gateways, key)
        parts = Parts(addresses: addresses, broker: broker, database: database, world: world, databaseWire: databaseWire, kafkaWire: kafkaWire)
        for port in gateways { try await start(.gateway, port: port) }
        for kind in ProcessKind.workers { for _ in 0..<options.instances { try await start(kind) } }
        for name in running.values.joined() { try await supervisor.waitUntilReady(name, within: .seconds(90)) }
    }

    /// A proxy whose socket lies in the cluster's own directory, and goes with it.
    private static func wire(before cluster: PrivateCluster) async throws -> (PostgresFaultProxy, url: String) {
        let directory = cluster.directory + "/wire"
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: false, attributes: [.posixPermissions: 0o700])
        let name = ".s.PGSQL.\(cluster.port)"
        let proxy = try await PostgresFaultProxy(before: .socket(path: "\(cluster.directory)/\(name)"), at: .socket(path: "\(directory)/\(name)"))
        return (proxy, "postgresql://postgres@/\(PrivateCluster.database)?host=\(directory)&port=\(cluster.port)")
    }

    private func startBroker() async throws -> BrokerControl {
        if let brokers = options.brokers {
            return BrokerControl(
                kind: .real(stop: options.brokerStop, start: options.brokerStart), bootstrapServers: brokers,
                brokerCount: brokers.split(separator: ",").count)
        }
        let port = try FreePort.any()
        let orders = "http://127.0.0.1:\(port)"
        try await supervisor.start(
            Component(
                name: "broker",
                program: Program(
                    path: try Self.ownPath(), arguments: ["broker", "--port", "\(port)", "--partitions", "\(options.partitions)"],
                    environment: baseEnvironment, log: log("broker")),
                stopLimit: .seconds(5), port: port, isReady: { await HTTPProbe.text(orders + "/bootstrap") != nil }))
        try await supervisor.waitUntilReady("broker", within: .seconds(30))
        guard let brokers = await HTTPProbe.text(orders + "/bootstrap") else {
            throw LocalError("no_broker", "the embedded brokers do not answer", next: "See \(log("broker")).")
        }
        return BrokerControl(kind: .embedded(orders: orders), bootstrapServers: brokers, brokerCount: brokers.split(separator: ",").count)
    }

    private func prepareDatabase(_ addresses: Addresses) async throws -> FeedKey {
        let environment = environment(addresses)
        for command in ["init-db", "seed-roles"] {
            try await Program(path: executables.ingest, arguments: [command], environment: environment).mustSucceed()
        }
        try await Program(
            path: executables.worker(.classifier), arguments: ["kb", "sync", executables.articles], environment: environment
        ).mustSucceed()
        return try await FeedKey.make(with: Program(path: executables.ingest, environment: environment))
    }

    private func startWorld(_ broker: BrokerControl, _ cluster: PrivateCluster, _ gateways: [UInt16], _ key: FeedKey) async throws -> World {
        let tests = URL(fileURLWithPath: executables.articles).deletingLastPathComponent().appendingPathComponent("Tests").path
        let python =
            try await Program(path: "/bin/bash", arguments: ["\(tests)/Python/environment.sh"], environment: baseEnvironment)
            .mustSucceed(within: .seconds(300)).split(separator: "\n").last.map(String.init) ?? "python3"
        let port = try FreePort.any()
        let settings: [String: String] = [
            "port": "\(port)", "brokers": broker.bootstrapServers, "database": cluster.url, "directory": options.directory, "key": key.secret,
            "gateways": gateways.map { "http://127.0.0.1:\($0)" }.joined(separator: ","), "seed": "\(options.seed)",
            "embedded": broker.isEmbedded ? "yes" : "no"
        ]
        let file = "\(options.directory)/world.json"
        guard FileManager.default.createFile(atPath: file, contents: try JSONEncoder().encode(settings), attributes: [.posixPermissions: 0o600])
        else { throw LocalError("no_directory", "could not write \(file)", next: "Check the permissions.") }
        let world = World(url: "http://127.0.0.1:\(port)")
        var environment = baseEnvironment
        environment["PYTHONUNBUFFERED"] = "1"
        try await supervisor.start(
            Component(
                name: "world", program: Program(path: python, arguments: ["\(tests)/Chaos/World", file], environment: environment, log: log("world")),
                stopLimit: .seconds(5), port: port, isReady: { (try? await world.status()) != nil }))
        try await supervisor.waitUntilReady("world", within: .seconds(60))
        return world
    }

    /// Ends everything that was started, the database last, and removes the cluster.
    func stop() async {
        let names = await supervisor.table.map(\.name)
        await withTaskGroup { group in
            for name in names where ![DatabaseControl.process, "broker"].contains(name) { group.addTask { await self.supervisor.stop(name) } }
        }
        await parts?.kafkaWire?.stop()
        await supervisor.stop("broker")
        await parts?.databaseWire.wire.stop()
        await supervisor.stop(DatabaseControl.process)
        await model?.stop()
        watchdog.farewell()
        cluster?.remove()
        cluster = nil
    }

    private static func ownPath() throws -> String {
        guard let path = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe") else {
            throw LocalError("no_proc", "/proc/self/exe cannot be read", next: "Run this on Linux with /proc mounted.")
        }
        return path
    }
}
