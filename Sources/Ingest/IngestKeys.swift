import Domain
import Kafka
import Launch

/// The settings of the gateway.
enum IngestKeys {
    static let brokers = ConfigurationKey(required: "kafka.brokers", .text, "Kafka's bootstrap servers: host:port,host:port.")
    static let kafkaProperties = ConfigurationKey<[String: String]>.group(
        "kafka.properties", argument: "kafka-property", reserved: KafkaSettings.reserved,
        "Any property of librdkafka by its own name: TLS, SASL, tuning.")
    static let fetchWait = ConfigurationKey(
        "kafka.fetch-wait", .duration(.milliseconds(1)...(.seconds(10))), default: .milliseconds(100),
        "How long a broker may hold back a fetch that finds nothing new; 10ms for the embedded broker.")
    static let database = ConfigurationKey(
        required: "database.url", .text, secret: true, "PostgreSQL: postgresql://user:password@host:port/database?sslmode=...")
    static let connections = ConfigurationKey(
        "database.connections", .int(1...100), default: 8, "Most connections to PostgreSQL.")
    static let host = ConfigurationKey("http.host", .text, default: "127.0.0.1", "Address to listen on; 0.0.0.0 for all.")
    static let port = ConfigurationKey("http.port", .int(0...65535), default: 8080, "Port of the API; 0 takes any free one and logs it.")
    static let clients = ConfigurationKey(
        "http.connections", .int(1...100_000), default: 4096, "Most open connections of clients; more wait to be accepted.")
    static let idleTimeout = ConfigurationKey(
        "http.idle-timeout", .duration(.seconds(40)...(.seconds(3600))), default: .seconds(75),
        "How long a connection may stay silent before it is closed; longer than the longest wait for a classification.")
    static let bodyLimit = ConfigurationKey(
        "http.body-limit", .bytes(1024...Limits.payloadBytes), default: Limits.payloadBytes, "Largest body of a request.")
    static let waiters = ConfigurationKey(
        "http.waiters", .int(0...100_000), default: 1000, "Most requests that wait for a classification (Prefer: wait=N) at once.")
    static let keyRefresh = ConfigurationKey(
        "keys.refresh", .duration(.milliseconds(100)...(.seconds(300))), default: .seconds(2),
        "How often the keys and sessions in use are confirmed: what was revoked or granted is in force after this time and what the database takes to answer."
    )
    static let keyTrust = ConfigurationKey(
        "keys.trust", .duration(.zero...(.seconds(900))), default: .seconds(900),
        "How long keys and sessions in use go on working while the database is away.")

    static let tokenIssuer = ConfigurationKey(
        "tokens.issuer", .text, default: "esi-ai-helpdesk", "What access tokens say of who made them; the same for all gateways of one installation.")
    static let tokenAudience = ConfigurationKey(
        "tokens.audience", .text, default: "esi-ai-helpdesk-api", "For whom access tokens are; tokens for others are refused.")
    static let selfRegistration = ConfigurationKey(
        "accounts.self-registration", .flag, default: false, "Whether anybody may make an account for themselves, with the role end_user.")
    static let passwordChecks = ConfigurationKey(
        "accounts.password-checks", .int(1...64), default: 2, "Most passwords checked at once; each takes 32 MiB and a core for part of a second.")

    /// For commands that need the database alone.
    static let databaseOnly: [any DeclaredKey] = [database, CommonKeys.logLevel, CommonKeys.logFormat]
    static let all: [any DeclaredKey] =
        [
            brokers, kafkaProperties, fetchWait, database, connections, host, port, clients, idleTimeout, bodyLimit, waiters, keyRefresh, keyTrust,
            tokenIssuer, tokenAudience, selfRegistration, passwordChecks
        ] + CommonKeys.logging
}
