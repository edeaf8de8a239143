import Foundation
import Launch

/// Settings that resemble a gateway's.
enum TestKeys {
    enum Mode: String, CaseIterable { case fast, careful }

    static let port = ConfigurationKey("http.port", .int(0...65535), default: 8080, "Port of the gateway.")
    static let tls = ConfigurationKey("http.tls", .flag, default: false, "Serve TLS.")
    static let wait = ConfigurationKey(
        "http.max-wait", .duration(.milliseconds(10) ... .seconds(60)), default: .seconds(10),
        "How long a request may wait for an answer before its client is told to come back.")
    static let body = ConfigurationKey(
        "http.body-limit", .bytes(1024...1 << 30), default: 256 * 1024, "Largest request body.")
    static let ratio = ConfigurationKey("http.ratio", .number(0...1), default: 0.5, "Share of something.")
    static let mode = ConfigurationKey("mode", .choice(Mode.self), default: .fast, "How to work.")
    static let brokers = ConfigurationKey(required: "kafka.brokers", .list, "Brokers as host:port.")
    static let properties = ConfigurationKey.group(
        "kafka.properties", argument: "kafka-property", reserved: ["group.id": "each stage names its own group"],
        "Any property of librdkafka.")
    static let database = ConfigurationKey(required: "database.url", .text, secret: true, "URL of the database.")
    static let model = ConfigurationKey(optional: "llm.url", .text, "Endpoint of the model; without it none is asked.")
    static let pool = ConfigurationKey(optional: "database.pool", .int(1...64), "Connections; without it one per core.")

    static let all: [any DeclaredKey] = [
        port, tls, wait, body, ratio, mode, brokers, properties, database, model, pool
    ]
    static let needed = ["KAFKA_BROKERS": "a:1", "DATABASE_URL": "postgres://u:hunter2@h/d"]
}

func load(
    _ arguments: [String] = [], _ environment: [String: String] = TestKeys.needed, yaml: String? = nil,
    tolerated: [any DeclaredKey] = []
) throws -> LaunchConfiguration {
    try withFile(yaml) { path in
        try LaunchConfiguration.load(
            arguments: arguments, environment: environment, file: path, keys: TestKeys.all, tolerated: tolerated)
    }
}

/// The problems that loading meets; empty when it succeeds.
func problems(
    _ arguments: [String] = [], _ environment: [String: String] = TestKeys.needed, yaml: String? = nil,
    tolerated: [any DeclaredKey] = []
) throws -> [ConfigurationError.Problem] {
    do {
        _ = try load(arguments, environment, yaml: yaml, tolerated: tolerated)
        return []
    } catch let error as ConfigurationError {
        return error.problems
    }
}

func withFile<Result>(_ text: String?, _ body: (String?) throws -> Result) throws -> Result {
    guard let text else { return try body(nil) }
    let path = FileManager.default.temporaryDirectory.appendingPathComponent("launch-\(UUID().uuidString).yaml")
    try text.write(to: path, atomically: true, encoding: .utf8)
    defer { try? FileManager.default.removeItem(at: path) }
    return try body(path.path)
}

func golden(_ name: String, file: String = #filePath) throws -> String {
    let folder = URL(fileURLWithPath: file).deletingLastPathComponent().appendingPathComponent("Golden")
    return try String(contentsOf: folder.appendingPathComponent(name), encoding: .utf8)
}
