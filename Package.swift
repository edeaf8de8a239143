// swift-tools-version: 6.2
import PackageDescription

/// A room of `Sources/Shared`: its path is its name, and what it may import stands here and nowhere else.
func shared(_ name: String, _ dependencies: [Target.Dependency] = [], resources: [Resource] = []) -> Target {
    .target(name: name, dependencies: dependencies, path: "Sources/Shared/\(name)", resources: resources)
}

func tests(_ name: String, _ dependencies: [Target.Dependency], exclude: [String] = []) -> Target {
    .testTarget(name: name, dependencies: dependencies, path: "Tests/\(name)", exclude: exclude)
}

extension Target.Dependency {
    static let argumentParser = product(name: "ArgumentParser", package: "swift-argument-parser")
    static let collections = product(name: "Collections", package: "swift-collections")
    static let configuration = product(name: "Configuration", package: "swift-configuration")
    static let crypto = product(name: "Crypto", package: "swift-crypto")
    static let cryptoExtras = product(name: "CryptoExtras", package: "swift-crypto")
    static let httpClient = product(name: "AsyncHTTPClient", package: "async-http-client")
    static let hummingbird = product(name: "Hummingbird", package: "hummingbird")
    static let hummingbirdTesting = product(name: "HummingbirdTesting", package: "hummingbird")
    static let lifecycle = product(name: "ServiceLifecycle", package: "swift-service-lifecycle")
    static let logging = product(name: "Logging", package: "swift-log")
    static let nioCore = product(name: "NIOCore", package: "swift-nio")
    static let nioHTTP1 = product(name: "NIOHTTP1", package: "swift-nio")
    static let nioPosix = product(name: "NIOPosix", package: "swift-nio")
    static let nioSSL = product(name: "NIOSSL", package: "swift-nio-ssl")
    static let yams = product(name: "Yams", package: "Yams")
}

let package = Package(
    name: "esi-ai-helpdesk",
    platforms: [.macOS(.v15)],
    products: [
        .executable(name: "ingest", targets: ["Ingest"]),
        .executable(name: "classifier-worker", targets: ["ClassifierWorker"]),
        .executable(name: "escalation-worker", targets: ["EscalationWorker"]),
        .executable(name: "metrics-worker", targets: ["MetricsWorker"]),
        .executable(name: "helpdesk", targets: ["Helpdesk"]),
        .executable(name: "chaos", targets: ["Chaos"]),
        .library(name: "FaultClock", type: .dynamic, targets: ["FaultClock"])
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-collections", from: "1.6.0"),
        .package(
            url: "https://github.com/apple/swift-configuration", from: "1.4.0",
            traits: ["YAML", "CommandLineArguments"]),
        .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
        .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.37.6"),
        .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.1"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
        .package(url: "https://github.com/swift-server/async-http-client", from: "1.37.0"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0")
    ],
    targets: [
        // Executables.
        .executableTarget(
            name: "Ingest",
            dependencies: [
                "Access", "Domain", "Identity", "Kafka", "Launch", "Messaging", "Observability", "Policy", "Postgres", "Stores",
                "WorkerRuntime", .argumentParser, .configuration, .crypto, .hummingbird, .lifecycle, .logging, .nioCore, .nioSSL
            ],
            path: "Sources/Ingest"),
        .executableTarget(
            name: "ClassifierWorker",
            dependencies: [
                "Domain", "Intelligence", "Knowledge", "Launch", "Messaging", "Observability", "Postgres", "Stores", "WorkerLaunch",
                "WorkerRuntime", .argumentParser, .httpClient, .lifecycle, .logging
            ],
            path: "Sources/ClassifierWorker"),
        .executableTarget(
            name: "EscalationWorker",
            dependencies: [
                "Domain", "Intelligence", "Launch", "Messaging", "Observability", "Policy", "Postgres", "Stores", "WorkerLaunch",
                "WorkerRuntime", .argumentParser, .lifecycle, .logging
            ],
            path: "Sources/EscalationWorker"),
        .executableTarget(
            name: "MetricsWorker",
            dependencies: [
                "Domain", "Kafka", "Launch", "Messaging", "Observability", "Postgres", "Stores", "WorkerLaunch", "WorkerRuntime",
                .argumentParser, .lifecycle, .logging
            ],
            path: "Sources/MetricsWorker"),
        .executableTarget(name: "Helpdesk", dependencies: ["HelpdeskLocal"], path: "deploy/local/Main"),
        // The stack on one machine; what the fault harness needs of it has `package` access.
        .target(
            name: "HelpdeskLocal",
            dependencies: [
                "Domain", "Kafka", "Launch", "Messaging", "Observability", "Postgres", "ScriptedModel", "Stores", "WorkerLaunch",
                "WorkerRuntime", .argumentParser, .httpClient, .lifecycle, .logging, .nioCore, .nioHTTP1
            ],
            path: "deploy/local", exclude: ["Main", "check-repository.sh", "docs-ui.sh", "system-packages.sh"]),

        // Sources/Shared, from the bottom up.
        .systemLibrary(
            name: "CRDKafka", path: "Sources/Shared/CRDKafka", pkgConfig: "rdkafka", providers: [.apt(["librdkafka-dev"])]),
        .systemLibrary(
            name: "CPostgres", path: "Sources/Shared/CPostgres", pkgConfig: "libpq", providers: [.apt(["libpq-dev"])]),
        shared("Domain", [.crypto]),
        shared("Messaging"),
        shared("YAML", [.yams]),
        shared("Observability", [.collections, .hummingbird, .lifecycle, .logging, .nioCore]),
        shared("Kafka", ["CRDKafka", "Messaging", "Observability", .collections, .lifecycle, .logging]),
        shared("Postgres", ["CPostgres", .collections, .crypto, .lifecycle, .logging]),
        shared("WorkerRuntime", ["Domain", "Messaging", "Observability", .collections, .crypto, .lifecycle, .logging]),
        shared(
            "Stores", ["Domain", "Postgres", "WorkerRuntime", .logging],
            resources: [
                .embedInCode("Migrations/0001-foundation.sql"), .embedInCode("Migrations/0002-stages.sql"),
                .embedInCode("Migrations/0003-knowledge.sql"), .embedInCode("Migrations/0004-enrichment.sql"),
                .embedInCode("Migrations/0005-escalation.sql"), .embedInCode("Migrations/0006-metrics.sql"),
                .embedInCode("Migrations/0007-identity.sql"), .embedInCode("Migrations/0008-ticket-work.sql"),
                .embedInCode("Migrations/0009-report-speed.sql"), .embedInCode("Migrations/0010-account-versions.sql"),
                .embedInCode("Migrations/0011-incident-members.sql")
            ]),
        shared(
            "Intelligence",
            ["Domain", "Knowledge", "Observability", "YAML", .collections, .crypto, .httpClient, .nioCore, .nioHTTP1, .nioPosix, .yams]),
        shared("Knowledge", ["Domain", "YAML", .crypto, .yams]),
        shared("Policy", ["Domain", "YAML", .crypto, .yams]),
        shared("Access", ["Domain"]),
        shared("Identity", ["Access", "Domain", "Stores", .crypto, .cryptoExtras]),
        shared(
            "WorkerLaunch",
            [
                "Domain", "Kafka", "Launch", "Messaging", "Observability", "Postgres", "Stores", "WorkerRuntime", .argumentParser, .lifecycle,
                .logging
            ]),
        shared("Launch", ["Observability", "YAML", .argumentParser, .configuration, .lifecycle, .logging, .yams]),

        // Tests.
        .target(
            name: "TestSupport",
            dependencies: [
                "Domain", "Faults", "Intelligence", "Knowledge", "Messaging", "Stores", "WorkerRuntime", .collections, .logging, .nioCore, .nioPosix,
                .nioSSL
            ],
            path: "Tests/Support", exclude: ["FaultClock", "Faults", "ScriptedModel"]),
        // What breaks wires, brokers and databases on order; apart from what needs Swift Testing, so that an executable may use it.
        .target(name: "Faults", dependencies: ["Postgres", .logging, .nioCore, .nioPosix], path: "Tests/Support/Faults"),
        // A wall clock that is wrong, for processes that are started with it in LD_PRELOAD.
        .target(name: "FaultClock", path: "Tests/Support/FaultClock"),
        // A pretended model endpoint; `helpdesk up --llm scripted` runs it too.
        // `make chaos`: real processes, faults from a schedule, judged from outside.
        .executableTarget(
            name: "Chaos",
            dependencies: [
                "Domain", "Faults", "HelpdeskLocal", "Kafka", "Launch", "Observability", "Postgres", "WorkerRuntime", .argumentParser,
                .httpClient, .hummingbird, .lifecycle, .logging, .nioCore, .nioHTTP1
            ],
            path: "Tests/Chaos", exclude: ["Model", "World"]),
        .target(name: "ScriptedModel", dependencies: [.hummingbird, .logging, .nioCore], path: "Tests/Support/ScriptedModel"),
        // Parts of `make bench`.
        .executableTarget(
            name: "Benchmarks",
            dependencies: ["Domain", "Intelligence", "Kafka", "Knowledge", .argumentParser, .hummingbird, .logging, .nioCore],
            path: "Tests/Benchmarks/Programs"),
        tests("AccessTests", ["Access", "Domain"]),
        tests(
            "ClassifierWorkerTests",
            [
                "ClassifierWorker", "Domain", "Intelligence", "Knowledge", "Launch", "Messaging", "ScriptedModel", "Stores", "TestSupport",
                "WorkerRuntime", .argumentParser
            ]),
        tests("EndToEndTests", ["Domain", "HelpdeskLocal", "Kafka", "Messaging", "Postgres", .logging]),
        tests(
            "EscalationWorkerTests",
            ["Domain", "EscalationWorker", "Messaging", "Policy", "Stores", "TestSupport", "WorkerRuntime", .argumentParser, .logging]),
        tests("FaultsTests", ["Faults", "Postgres", "TestSupport", .logging, .nioCore, .nioPosix]),
        tests(
            "FuzzTests",
            [
                "Access", "Domain", "Identity", "Ingest", "Intelligence", "Knowledge", "Launch", "Messaging", "Observability", "Policy", "Postgres",
                "Stores", "TestSupport", "WorkerRuntime"
            ], exclude: ["fuzz.sh"]),
        tests("HelpdeskLocalTests", ["Domain", "HelpdeskLocal", "Kafka", "Messaging", "Postgres", "WorkerRuntime", .logging]),
        tests("IdentityTests", ["Access", "Domain", "Identity", "Postgres", "Stores", "TestSupport", .crypto, .logging]),
        tests(
            "IngestTests",
            [
                "Access", "Domain", "Identity", "Ingest", "Kafka", "Launch", "Messaging", "Policy", "Postgres", "Stores", "TestSupport",
                "WorkerRuntime", .crypto, .httpClient, .lifecycle, .logging, .nioCore, .nioHTTP1, .nioSSL
            ]),
        tests(
            "IntegrationTests",
            [
                "ClassifierWorker", "Domain", "EscalationWorker", "Intelligence", "Kafka", "Knowledge", "Launch", "Messaging", "MetricsWorker",
                "Observability", "Policy", "Postgres", "ScriptedModel", "Stores", "TestSupport", "WorkerLaunch", "WorkerRuntime", .httpClient,
                .lifecycle, .logging
            ]),
        tests("IntelligenceTests", ["Domain", "Intelligence", "Knowledge", "Observability", "ScriptedModel", .httpClient]),
        tests("KafkaTests", ["Faults", "Kafka", "Messaging", "Observability", "TestSupport", .lifecycle, .logging]),
        tests("KnowledgeTests", ["Domain", "Knowledge"]),
        tests("LaunchTests", ["Launch", "Observability", .argumentParser, .configuration, .lifecycle, .logging], exclude: ["Golden"]),
        tests(
            "MetricsWorkerTests",
            ["Domain", "Messaging", "MetricsWorker", "Postgres", "Stores", "TestSupport", "WorkerRuntime", .argumentParser, .logging]),
        tests("ObservabilityTests", ["Observability", .hummingbird, .hummingbirdTesting, .lifecycle, .logging, .nioCore], exclude: ["Golden"]),
        tests("PolicyTests", ["Domain", "Policy"]),
        tests("PostgresTests", ["Postgres", "TestSupport", .lifecycle, .logging]),
        tests("StoresTests", ["Domain", "Postgres", "Stores", "TestSupport", "WorkerRuntime", .logging]),
        tests("WorkerRuntimeTests", ["Domain", "Messaging", "Observability", "TestSupport", "WorkerRuntime", .lifecycle, .logging]),
        tests("YAMLTests", ["YAML", .yams])
    ],
    swiftLanguageModes: [.v6]
)

// Set by `make sanitize`: librdkafka's threads made visible to ThreadSanitizer.
if Context.environment["HELPDESK_SANITIZE"] == "thread" {
    package.targets.append(.target(name: "CThreads", path: "Tests/CThreads"))
    package.targets.first { $0.name == "TestSupport" }?.dependencies.append("CThreads")
}

// Set by `make chaos`: fault points in an optimised build. Debug builds always have them, what is released never does.
let faultPoints = Context.environment["HELPDESK_FAULT_POINTS"] == "1" ? nil : BuildSettingCondition.when(configuration: .debug)

for target in package.targets where target.type != .system {
    target.swiftSettings = [
        .enableUpcomingFeature("ExistentialAny"),
        .enableUpcomingFeature("MemberImportVisibility"),
        .enableUpcomingFeature("InternalImportsByDefault"),
        .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
        .treatAllWarnings(as: .error),
        .define("FAULT_POINTS", faultPoints)
    ]
}
