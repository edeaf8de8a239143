import Domain
import Foundation
import Kafka
import Logging

/// The whole help desk on one machine: database, broker, gateway, workers, started in the order in which they need each other.
actor Stack {
    let options: StackOptions
    let directory: LocalDirectory
    let executables: Executables
    /// Names this run.
    nonisolated let id = UUID().uuidString.lowercased()
    private let logger: Logger
    let say: @Sendable (String) -> Void
    let recorder: StateRecorder
    nonisolated let supervisor: Supervisor

    private var lock: DirectoryLock?
    private var cluster: PrivateCluster?
    private var broker: EmbeddedBroker?
    /// The pretended language model, when there is one.
    private(set) var model: ScriptedEndpoint?
    /// Names of the running workers by kind, oldest first.
    var workers: [WorkerKind: [String]] = [:]
    /// How many of a kind were ever started.
    var started: [WorkerKind: Int] = [:]
    /// Ends with us in a database that does not.
    private var feedKey: FeedKey?
    /// Where it can be reached; nil until `start` has come that far.
    private(set) var addresses: StackAddresses?

    /// - Parameter say: takes a line for the person at the terminal.
    init(
        options: StackOptions, directory: LocalDirectory, executables: Executables, logger: Logger,
        say: @escaping @Sendable (String) -> Void = { _ in }
    ) {
        self.options = options
        self.directory = directory
        self.executables = executables
        self.logger = logger
        self.say = say
        var program = Program(path: executables.helpdesk, arguments: ["watchdog", "--stack", id], log: directory.log("watchdog"))
        program.environment = [Watchdog.mark: id]
        let recorder = StateRecorder(directory: directory, watchdog: WatchdogLink(program, logger: logger), logger: logger)
        self.recorder = recorder
        supervisor = Supervisor(logger: logger) { recorder.record($0) }
    }

    // MARK: Starting

    /// Starts everything and returns when all of it is ready. What it started before a failure is for `stop` to end.
    func start() async throws {
        // A reader that went away must not take us with it.
        signal(SIGPIPE, SIG_IGN)
        try directory.create()
        guard let lock = try directory.takeLock() else {
            let running = StackState.read(directory)
            throw LocalError(
                "already_running",
                "a stack runs in \(directory.path)"
                    + (running.map { ": process \($0.parent.pid), gateway \($0.gatewayURL), workers \($0.workers)" } ?? ""),
                next: "See it with `helpdesk status`, end it with `helpdesk down`.")
        }
        self.lock = lock
        await Leftovers(directory: directory).clear(say)
        // What was acknowledged before is gone with the broker or the database of that time.
        if options.brokers == nil || options.databaseURL == nil { unlink(directory.acknowledged) }
        try recorder.watchdog.start()
        let database = try await startDatabase()
        let brokers = try await startBroker()
        let gateway = "http://127.0.0.1:\(try FreePort.preferring(options.httpPort))"
        var addresses = StackAddresses(brokers: brokers, databaseURL: database, gatewayURL: gateway, apiKey: "")
        if broker == nil { addresses.kafkaProperties = options.kafkaProperties }
        addresses.model = try await startModel()
        recorder.began(stack: id, addresses, options, isReady: false)
        try await prepareTopics(addresses)
        let key = try await prepareDatabase(addresses)
        feedKey = key
        addresses.apiKey = key.secret
        self.addresses = addresses
        recorder.began(stack: id, addresses, options, isReady: false)
        try await startServices(addresses)
        recorder.began(stack: id, addresses, options, isReady: true)
    }

    private func startDatabase() async throws -> String {
        if let url = options.databaseURL {
            say("database: the one in DATABASE_URL")
            return url
        }
        say("database: a private PostgreSQL cluster")
        let cluster = try await PrivateCluster.create(isDurable: options.isDurable)
        self.cluster = cluster
        unlink(directory.cluster)
        try? FileManager.default.createSymbolicLink(atPath: directory.cluster, withDestinationPath: cluster.directory)
        try await supervisor.start(cluster.component(environment: [Watchdog.mark: id], log: directory.log("postgres")))
        try await supervisor.waitUntilReady("postgres", within: .seconds(60))
        try await cluster.createDatabase()
        return cluster.url
    }

    private func startBroker() async throws -> String {
        if let brokers = options.brokers {
            say("broker: \(brokers)")
            return brokers
        }
        let broker = try EmbeddedBroker(logger: logger)
        self.broker = broker
        say("broker: embedded, \(broker.bootstrapServers)")
        return broker.bootstrapServers
    }

    /// - Returns: the address of the language model; nil when there is none.
    private func startModel() async throws -> String? {
        switch options.model {
        case nil: return nil
        case .endpoint(let url, let name, _):
            say("language model: \(name) at \(url)")
            return url
        case .scripted:
            let model = ScriptedEndpoint(port: try FreePort.any(), logger: logger)
            try await model.start()
            self.model = model
            say("language model: a pretended one, \(model.url)")
            return model.url
        }
    }

    private func prepareTopics(_ addresses: StackAddresses) async throws {
        if let broker {
            for topic in Topics.allWithDeadLetters { try broker.createTopic(topic, partitions: options.partitions) }
            return
        }
        let admin = try KafkaAdmin(settings: addresses.kafka, logger: logger)
        do {
            // Those that exist are left alone, and where all do nobody needs the right to create any.
            let present = try await admin.topics()
            let missing = Topics.allWithDeadLetters.filter { present[$0] == nil }
            try await admin.createTopics(
                missing.map { name in
                    // Event time rests on the log's own clock; a dead letter is its original and a little more.
                    var properties = ["message.timestamp.type": "LogAppendTime"]
                    if !Topics.all.contains(name) { properties["max.message.bytes"] = "2097152" }
                    return TopicSpecification(name: name, partitions: options.partitions, properties: properties)
                })
            await admin.close()
        } catch {
            await admin.close()
            throw error
        }
    }

    /// Migrations, roles, the knowledge base, and a key for the sample feed.
    private func prepareDatabase(_ addresses: StackAddresses) async throws -> FeedKey {
        say("database: migrations and roles")
        let environment = environment(addresses)
        let ingest = Program(path: executables.ingest, environment: environment)
        for command in ["init-db", "seed-roles"] {
            var step = ingest
            step.arguments = [command]
            try await step.mustSucceed()
        }
        let sync = Program(
            path: executables.worker(.classifier), arguments: ["kb", "sync", executables.articles], environment: environment)
        let said = try await sync.mustSucceed()
        say("knowledge base: " + (said.split(separator: "\n").last.map(String.init) ?? "synchronised"))
        return try await FeedKey.make(with: ingest)
    }

    func environment(_ addresses: StackAddresses) -> [String: String] {
        // The services take their settings from us and from HELPDESK_ variables, not from whatever else the shell holds.
        var environment = ProcessInfo.processInfo.environment.filter {
            ["PATH", "HOME", "LANG", "LC_ALL", "TZ", "TMPDIR"].contains($0.key)
                || $0.key.hasPrefix("HELPDESK_")
        }
        environment["KAFKA_BROKERS"] = addresses.brokers
        KafkaVariables.set(addresses.kafkaProperties, in: &environment)
        // A fetch that waits at the embedded broker is not woken by new records.
        if options.brokers == nil { environment["KAFKA_FETCH_WAIT"] = "10ms" }
        environment["DATABASE_URL"] = addresses.databaseURL
        if let model = options.model, let url = addresses.model {
            environment["LLM_BASE_URL"] = url
            environment["LLM_MODEL"] = model.name
            environment["LLM_API_KEY"] = model.key
        }
        environment[Watchdog.mark] = id
        // A trap should end the process at once, not after a backtrace of many seconds.
        environment["SWIFT_BACKTRACE"] = environment["SWIFT_BACKTRACE"] ?? "enable=no"
        return environment
    }

    /// Whether there is anything to end.
    var isBegun: Bool { lock != nil }

    // MARK: Ending

    /// Ends everything in reverse order and forgets the private cluster. Never fails; does nothing to what was not started.
    func stop() async {
        let services = await supervisor.table.map(\.name).filter { $0 != "postgres" }
        await withTaskGroup { group in
            for name in services { group.addTask { await self.supervisor.stop(name) } }
        }
        // The private database takes its keys along.
        if let feedKey, let addresses, cluster == nil {
            await feedKey.revoke(with: Program(path: executables.ingest, environment: environment(addresses)), logger)
        }
        feedKey = nil
        await supervisor.stop("postgres")
        await model?.stop()
        model = nil
        broker?.stop()
        broker = nil
        recorder.watchdog.farewell()
        if lock != nil {
            cluster?.remove()
            if cluster != nil { unlink(directory.cluster) }
            unlink(directory.state)
            for kind in WorkerKind.allCases { unlink(directory.scale(kind)) }
        }
        lock = nil
    }
}

/// Where a stack can be reached.
struct StackAddresses: Sendable, Hashable {
    let brokers: String
    let databaseURL: String
    let gatewayURL: String
    var apiKey: String
    /// How a real cluster is reached. Never written to disk: there are passwords among them.
    var kafkaProperties: [String: String] = [:]
    /// Address of the language model; nil: there is none.
    var model: String?

    var hasModel: Bool { model != nil }

    var kafka: KafkaSettings {
        KafkaSettings(
            brokers: brokers, properties: ["message.max.bytes": "4000000"].merging(kafkaProperties) { $1 }, clientID: "helpdesk-local")
    }
}
