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
    static let streams = ConfigurationKey(
        "streams.limit", .int(0...100_000), default: TicketStreams.Settings().limit, "Most open streams of changes (GET /v1/tickets/stream).")
    static let streamsPerCaller = ConfigurationKey(
        "streams.per-caller", .int(0...100_000), default: TicketStreams.Settings().perCaller, "Most open streams of one account or API key.")
    static let exports = ConfigurationKey(
        "exports.limit", .int(0...1000), default: ExportRoute.Settings().limit, "Most exports at once (GET /v1/tickets/export).")
    static let exportsPerCaller = ConfigurationKey(
        "exports.per-caller", .int(0...1000), default: ExportRoute.Settings().perCaller, "Most exports at once of one account or API key.")
    static let connectionsPerAddress = ConfigurationKey(
        "http.connections-per-address", .int(1...100_000), default: 256,
        "Most open connections of one address (of IPv6: one /64); more are hung up on. Trusted proxies are not counted.")
    static let headTimeout = ConfigurationKey(
        "http.head-timeout", .duration(.milliseconds(100)...(.seconds(300))), default: .seconds(10),
        "How long a request's head may take to arrive, on a new connection the TLS handshake included.")
    static let bodyTimeout = ConfigurationKey(
        "http.body-timeout", .duration(.milliseconds(100)...(.seconds(300))), default: .seconds(30), "How long a request's body may take to arrive.")
    static let writeTimeout = ConfigurationKey(
        "http.write-timeout", .duration(.milliseconds(100)...(.seconds(300))), default: .seconds(60),
        "How long a client may leave an answer untaken before it is hung up on.")
    static let headerLimit = ConfigurationKey(
        "http.header-limit", .bytes(1024...65_536), default: 16_384, "Largest head of a request; at most 100 fields in any case.")
    static let trustedProxies = ConfigurationKey(
        "http.trusted-proxies", .list(expected: "addresses or networks such as 10.0.0.0/8 or ::1", placeholder: "NETWORK") { AddressRange($0) },
        default: [], "Proxies that may say on whose behalf a request comes. Nobody else is believed.")
    static let forwardedHeader = ConfigurationKey(
        "http.forwarded-header", .choice(TrustedProxies.Header.self), default: .xForwardedFor, "The one header by which the trusted proxies say it.")
    static let addressLimit = ConfigurationKey(
        "limits.address", .quota, default: RateLimits.Settings().address, "Most requests from one address (of IPv6: one /64), or off.")
    static let keyLimit = ConfigurationKey("limits.key", .quota, default: RateLimits.Settings().key, "Most requests with one API key, or off.")
    static let accountLimit = ConfigurationKey(
        "limits.account", .quota, default: RateLimits.Settings().account, "Most requests of one account, or off.")
    static let origins = ConfigurationKey(
        "cors.origins",
        .list(expected: "origins such as https://desk.example.org, without a path and in lower case", placeholder: "ORIGIN") {
            Origins.isOrigin($0) ? $0 : nil
        }, default: [], "Sites whose pages may call the API from a browser.")
    static let documentation = ConfigurationKey(
        "docs.assets", .text, default: ".docs-ui", "Directory with the files of Swagger UI for /docs; make docs-ui fills it.")
    static let certificate = ConfigurationKey(
        optional: "tls.certificate", .text, "PEM file of the certificate, then those between it and the root; makes the gateway speak TLS.")
    static let certificateKey = ConfigurationKey(optional: "tls.key", .text, "PEM file of the certificate's private key.")
    static let certificateInterval = ConfigurationKey(
        "tls.reload", .duration(.milliseconds(100)...(.seconds(86_400))), default: .seconds(10),
        "How often the two files are looked at; new connections get the renewed certificate.")
    static let keyRefresh = ConfigurationKey(
        "keys.refresh", .duration(.milliseconds(100)...(.seconds(3))), default: .seconds(2),
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
            brokers, kafkaProperties, fetchWait, database, connections, host, port, clients, idleTimeout, bodyLimit, waiters, streams,
            streamsPerCaller, exports, exportsPerCaller, keyRefresh, keyTrust,
            tokenIssuer, tokenAudience, selfRegistration, passwordChecks, connectionsPerAddress, headTimeout, bodyTimeout, writeTimeout,
            headerLimit, trustedProxies, forwardedHeader, addressLimit, keyLimit, accountLimit, origins, documentation, certificate, certificateKey,
            certificateInterval
        ] + CommonKeys.logging
}
