import Domain
import Identity
import Kafka
import Launch
import Postgres

/// Everything a gateway is made from.
struct GatewaySettings: Sendable {
    var kafka: KafkaSettings
    var database: PostgresSettings
    var host = "127.0.0.1"
    var port = 8080
    var clients = 4096
    var idleTimeout: Duration = .seconds(75)
    var bodyLimit = Limits.payloadBytes
    var waiters = 1000
    var streams = TicketStreams.Settings()
    var exports = ExportRoute.Settings()
    var keyRefresh: Duration = .seconds(2)
    var keyTrust: Duration = .seconds(900)
    /// What access tokens say of who made them, and for whom.
    var tokenIssuer = "esi-ai-helpdesk"
    var tokenAudience = "esi-ai-helpdesk-api"
    /// Whether strangers may make accounts for themselves.
    var selfRegistration = false
    var passwordCost = PasswordCost.standard
    /// Passwords checked at once; each takes 32 MiB.
    var passwordChecks = 2
    var signIn = SignIns.Settings()
    var fetchWait: Duration = .milliseconds(100)
    var times = ConnectionTimes()
    var connectionsPerAddress = 256
    var headerLimit = 16_384
    var proxies = TrustedProxies()
    var limits = RateLimits.Settings()
    var origins: Set<String> = []
    /// Where `make docs-ui` put Swagger UI.
    var documentation = ".docs-ui"
    var certificates: ServerCertificates.Files?
    /// How long a record may wait for its acknowledgement before its client is told that the outcome is unknown.
    var publishTimeout: Duration = .seconds(10)
    /// How often Kafka is asked whether it is there.
    var probeInterval: Duration = .seconds(5)

    /// How often the words of changed tickets are looked at for the search.
    var searchInterval: Duration = .milliseconds(500)

    init(kafka: KafkaSettings, database: PostgresSettings) {
        self.kafka = kafka
        self.database = database
    }

    init(config: LaunchConfiguration) throws {
        kafka = KafkaSettings(
            brokers: config[IngestKeys.brokers], properties: config[IngestKeys.kafkaProperties], clientID: "helpdesk-ingest")
        database = try Self.database(config)
        database.maximumConnections = config[IngestKeys.connections]
        host = config[IngestKeys.host]
        port = config[IngestKeys.port]
        clients = config[IngestKeys.clients]
        idleTimeout = config[IngestKeys.idleTimeout]
        bodyLimit = config[IngestKeys.bodyLimit]
        waiters = config[IngestKeys.waiters]
        streams.limit = config[IngestKeys.streams]
        streams.perCaller = config[IngestKeys.streamsPerCaller]
        exports.limit = config[IngestKeys.exports]
        exports.perCaller = config[IngestKeys.exportsPerCaller]
        keyRefresh = config[IngestKeys.keyRefresh]
        keyTrust = config[IngestKeys.keyTrust]
        tokenIssuer = config[IngestKeys.tokenIssuer]
        tokenAudience = config[IngestKeys.tokenAudience]
        selfRegistration = config[IngestKeys.selfRegistration]
        passwordChecks = config[IngestKeys.passwordChecks]
        fetchWait = config[IngestKeys.fetchWait]
        times = ConnectionTimes(
            head: config[IngestKeys.headTimeout], body: config[IngestKeys.bodyTimeout], write: config[IngestKeys.writeTimeout])
        connectionsPerAddress = config[IngestKeys.connectionsPerAddress]
        headerLimit = config[IngestKeys.headerLimit]
        proxies = TrustedProxies(ranges: config[IngestKeys.trustedProxies], header: config[IngestKeys.forwardedHeader])
        limits = RateLimits.Settings(
            address: config[IngestKeys.addressLimit], key: config[IngestKeys.keyLimit], account: config[IngestKeys.accountLimit])
        documentation = config[IngestKeys.documentation]
        origins = Set(config[IngestKeys.origins])
        switch (config[IngestKeys.certificate], config[IngestKeys.certificateKey]) {
        case (let certificate?, let key?):
            certificates = .init(certificate: certificate, key: key, interval: config[IngestKeys.certificateInterval])
        case (nil, nil): break
        case (nil, _?): throw ExitReason.usage("tls.key is set and tls.certificate is not", next: "Set both for TLS, or neither.")
        case (_?, nil): throw ExitReason.usage("tls.certificate is set and tls.key is not", next: "Set both for TLS, or neither.")
        }
    }

    /// The database's settings from `database.url`.
    static func database(_ config: LaunchConfiguration) throws -> PostgresSettings {
        var settings: PostgresSettings
        do {
            settings = try PostgresSettings(url: config[IngestKeys.database])
        } catch {
            throw ExitReason.usage("database.url: \(error.message)", next: "Correct the address.")
        }
        settings.applicationName = "helpdesk-ingest"
        return settings
    }
}
