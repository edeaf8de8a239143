import Foundation
import Kafka
import Logging
import Messaging
import Observability
import ServiceLifecycle
import Synchronization
import TestSupport
import Testing

/// Two embedded brokers behind listeners that speak TLS and SASL, as a production cluster does.
@Suite("A cluster behind TLS and SASL; needs openssl, starts brokers of its own", .serialized, .timeLimit(.minutes(3)))
struct SecureClusterTests {
    static let password = "open-sesame-42"

    /// What a test needs around the front.
    struct Secured {
        let broker: EmbeddedBroker
        let certificates: TestCertificates
        let front: SecureFront
        let log = CapturedLog()

        init(_ demands: SecureFront.Demands = []) async throws {
            broker = try EmbeddedBroker(brokers: 2, logger: Logger(label: "quiet") { _ in SwiftLogNoOpLogHandler() })
            try broker.createTopic("t", partitions: 4)
            certificates = try TestCertificates()
            front = try await SecureFront(
                before: broker.bootstrapServers, certificates: certificates,
                credentials: .init(user: "helpdesk", password: SecureClusterTests.password), demands: demands)
        }

        func settings(password: String = SecureClusterTests.password, _ changes: [String: String] = [:]) -> KafkaSettings {
            let properties = [
                "security.protocol": "sasl_ssl", "sasl.mechanism": "PLAIN", "sasl.username": "helpdesk", "sasl.password": password,
                "ssl.ca.location": certificates.authority, "heartbeat.interval.ms": "300", "reconnect.backoff.max.ms": "200"
            ].merging(changes) { $1 }
            return KafkaSettings(brokers: front.bootstrapServers, properties: properties.filter { !$0.value.isEmpty })
        }

        func producer(_ settings: KafkaSettings) throws -> KafkaProducer {
            try KafkaProducer(settings: settings, messageTimeout: .seconds(60), linger: .milliseconds(1), logger: log.logger)
        }

        func tail(_ settings: KafkaSettings) throws -> KafkaTail {
            try KafkaTail(settings: settings, topics: ["t"], from: .beginning, fetchWait: .milliseconds(10), logger: log.logger)
        }
    }

    @Test(arguments: [[], .tls12, .clientCertificate] as [SecureFront.Demands])
    func everyClientWorks(_ demands: SecureFront.Demands) async throws {
        let cluster = try await Secured(demands)
        let client = cluster.certificates.client
        let settings = cluster.settings(
            demands.contains(.clientCertificate) ? ["ssl.certificate.location": client.certificate, "ssl.key.location": client.key] : [:])
        let producer = try cluster.producer(settings)
        let values = (0..<200).map { bytes("\($0)") }
        for result in await producer.send(batch: values.map { OutgoingRecord(topic: "t", key: $0, value: $0) }) { try result.get() }

        let admin = try KafkaAdmin(settings: settings, logger: cluster.log.logger)
        #expect(try await admin.topics() == ["t": 4])
        #expect(try await admin.lag(group: "g", topics: ["t"]).values.reduce(0, +) == 200)

        let tail = try cluster.tail(settings)
        #expect(try await Set(tail.readToEnd(upTo: 1000, within: .seconds(20)).compactMap(\.value)) == Set(values))
        await tail.close()

        let member = Member(
            try KafkaConsumer(
                settings: settings, group: "g", topics: ["t"], fetchWait: .milliseconds(10), logger: cluster.log.logger))
        try await reach("every record") {
            await Set(member.records.compactMap(\.value)) == Set(values)
        } _: {
            try await member.step()
        }
        try await reach("the commit") {
            try await admin.lag(group: "g", topics: ["t"]).values.allSatisfy { $0 == 0 }
        } _: {
            try await member.step()
        }
        // Bootstrap, both brokers, coordinator: all through the front, none let in without the password.
        #expect(cluster.front.authenticated >= 6)
        #expect(cluster.front.refused == 0)
        await member.source.close()
        await admin.close()
        await producer.close()
        await cluster.front.stop()
    }

    /// What is wrong with the settings, and what whoever reads the error must find in it.
    struct Mistake: CustomTestStringConvertible, Sendable {
        let name: String
        var password = SecureClusterTests.password
        var changes: [String: String] = [:]
        var demands: SecureFront.Demands = []
        let code: String
        let words: [String]
        var testDescription: String { name }
    }

    static let mistakes = [
        Mistake(
            name: "wrong password", password: "not-the-password", code: "_AUTHENTICATION", words: ["sasl.password", "sasl.username"]),
        Mistake(name: "unknown user", changes: ["sasl.username": "somebody"], code: "_AUTHENTICATION", words: ["sasl.username"]),
        Mistake(
            name: "mechanism that the cluster lacks", changes: ["sasl.mechanism": "SCRAM-SHA-256"], code: "_AUTHENTICATION",
            words: ["sasl.mechanism", "PLAIN"]),
        // The machine's own authorities, which did not sign it.
        Mistake(name: "untrusted certificate", changes: ["ssl.ca.location": ""], code: "_SSL", words: ["ssl.ca.location", "verify failed"]),
        Mistake(
            name: "no certificate of its own", demands: .clientCertificate, code: "_SSL", words: ["certificate required", "ssl.certificate.location"]),
        Mistake(name: "no TLS", changes: ["security.protocol": "sasl_plaintext"], code: "_TRANSPORT", words: ["security.protocol"])
    ]

    @Test(arguments: mistakes)
    func aMistakeIsNamed(_ mistake: Mistake) async throws {
        let cluster = try await Secured(mistake.demands)
        let settings = cluster.settings(password: mistake.password, mistake.changes)
        /// One call may end before the first handshake did on a busy machine; the next one knows.
        func check(_ who: String, _ call: () async throws -> Void) async throws {
            var last: KafkaError?
            try await reach("\(who): \(mistake.code)") {
                last = await #expect(throws: KafkaError.self) { try await call() }
                return last?.code == mistake.code
            }
            for word in mistake.words { #expect(last?.description.contains(word) == true, "\(who): \(last?.description ?? "no error")") }
        }

        let admin = try KafkaAdmin(settings: settings, limit: .seconds(1), logger: cluster.log.logger)
        try await check("admin") { _ = try await admin.topics() }
        await admin.close()

        let tail = try cluster.tail(settings)
        try await check("tail") { try await tail.open(within: .seconds(1)) }
        #expect(try await tail.next(upTo: 10, wait: .milliseconds(100)).isEmpty, "waits it out")
        await tail.close()

        let producer = try cluster.producer(settings)
        try await check("producer") { try await producer.warm(topics: ["t"], within: .seconds(1)) }
        await producer.close(within: .zero)

        let member = Member(try KafkaConsumer(settings: settings, group: "g", topics: ["t"], logger: cluster.log.logger))
        try await reach("the consumer's report") {
            await member.events.contains { if case .trouble(mistake.code, _) = $0 { true } else { false } }
        } _: {
            try await member.step()
        }
        // It goes on trying, and says it once.
        let attempts = cluster.front.connections
        try await reach("more attempts") {
            cluster.front.connections >= attempts + 5
        } _: {
            try await member.step()
        }
        let reports = await member.events.filter { if case .trouble(mistake.code, _) = $0 { true } else { false } }
        #expect(reports.count == 1)
        for case .trouble(_, let message) in reports {
            for word in mistake.words { #expect(message.contains(word)) }
        }

        let said = cluster.log.text + (await member.events.map { "\($0)" }.joined())
        #expect(!said.contains(mistake.password), "the front repeats the password in its refusal; nobody may pass it on")
        #expect(cluster.log.lines { $0.contains(mistake.code) }.count <= 2, "one of the producer, one of the tail: \(cluster.log.text)")
        await cluster.front.stop()
    }

    @Test func aProcessIsUnreadyUntilItIsLetIn() async throws {
        let cluster = try await Secured()
        let producer = try cluster.producer(cluster.settings(password: "the-next-password"))
        let health = HealthState()
        let probe = KafkaProbe(
            producer: producer, topic: "t", health: health.component("kafka"), interval: .milliseconds(50), logger: cluster.log.logger)
        let probing = Task { try await probe.run() }
        try await reach("the reason") {
            health.report().components.contains {
                if case .notReady(let reason) = $0.readiness { reason.contains("sasl.password") && reason.contains("refuses") } else { false }
            }
        }
        async let sent: Void = producer.send(OutgoingRecord(topic: "t", key: nil, value: bytes("patient")))
        // The password is changed at the cluster's side: nobody has to restart anything.
        cluster.front.accept(.init(user: "helpdesk", password: "the-next-password"))
        try await sent
        try await reach("readiness") { health.report().isReady }
        probing.cancel()
        _ = await probing.result
        #expect(cluster.log.lines { $0.contains("Kafka cannot be used") }.count == 1)
        #expect(cluster.log.lines { $0.contains("Kafka answers") }.count == 1)
        #expect(!cluster.log.text.contains("the-next-password"))
        await producer.close()
        await cluster.front.stop()
    }

    @Test(
        arguments: [
            (["ssl.ca.location": "/nowhere/authority.pem"], "ssl.ca.location", "/nowhere/authority.pem"),
            (["sasl.mechanism": "PLAINN"], "sasl.mechanism", "PLAINN"),
            (["sasl.username": ""], nil, "sasl.username and sasl.password must be set"),
            (["security.protocol": "sasl-ssl"], "security.protocol", "sasl-ssl"),
            (["sasl.pasword": "x"], "sasl.pasword", "No such configuration property"),
            (["ssl.key.password": "open-sesame", "ssl.key.location": "/nowhere/key.pem"], "ssl.key.location", "/nowhere/key.pem")
        ] as [([String: String], String?, String)])
    func propertiesThatCannotWorkAreRefusedAtOnce(_ changes: [String: String], _ subject: String?, _ words: String) async throws {
        let cluster = try await Secured()
        let error = #expect(throws: KafkaError.self) { try cluster.producer(cluster.settings(changes)) }
        #expect(error?.code == "CONFIGURATION")
        #expect(error?.subject == subject)
        #expect(error?.description.contains(words) == true, "\(error?.description ?? "")")
        let said = (error?.description ?? "") + cluster.log.text
        #expect(!said.contains("open-sesame"))
        await cluster.front.stop()
    }
}

/// Keeps what is logged.
final class CapturedLog: Sendable {
    private let captured = Mutex<[String]>([])

    var logger: Logger {
        var logger = Logger(label: "captured") { [self] _ in
            JSONLogHandler(
                label: "captured", level: .info, sink: LogSink { line in self.captured.withLock { $0.append(String(decoding: line, as: UTF8.self)) } }
            )
        }
        logger.logLevel = .info
        return logger
    }

    var text: String { captured.withLock { $0.joined() } }
    func lines(_ isWanted: (String) -> Bool) -> [String] { captured.withLock { $0 }.filter(isWanted) }
}
