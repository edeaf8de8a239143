/// How to reach a Kafka cluster, shared by every client of a process.
public struct KafkaSettings: Sendable, Equatable, CustomStringConvertible {
    /// Bootstrap servers, comma separated: `host:port,host:port`.
    public var brokers: String
    /// Any librdkafka property by its own name; it overrides what this module sets, apart from the few
    /// that its promises rest on (see `reserved`). TLS and SASL are configured here.
    public var properties: [String: String]
    /// Shown in the brokers' logs and quotas.
    public var clientID: String

    public init(brokers: String, properties: [String: String] = [:], clientID: String = "esi-ai-helpdesk") {
        self.brokers = brokers
        self.properties = properties
        self.clientID = clientID
    }

    /// Properties that nobody may override, with the reason. Setting one is a configuration error.
    public static let reserved: [String: String] = [
        "enable.auto.commit": "progress is committed in the background, once it is stored",
        "enable.auto.offset.store": "offsets are stored only after the work is committed",
        "enable.partition.eof": "the module decides where it needs end-of-partition marks",
        "group.id": "the group is given where the consumer is made",
        "enable.idempotence": "the producer must not append a record twice",
        "log.queue": "logs go to the process's own logger"
    ]

    /// Safe to log: values of properties that look like credentials are withheld.
    public var description: String {
        let shown = properties.sorted { $0.key < $1.key }
            .map { "\($0.key)=\(Self.isSecret($0.key) ? "<withheld>" : $0.value)" }
        return "brokers=\(brokers) client.id=\(clientID)" + (shown.isEmpty ? "" : " " + shown.joined(separator: " "))
    }

    /// Whether a property's value must never be shown: its name speaks of a password, secret, key or token.
    public static func isSecret(_ property: String) -> Bool {
        let name = property.lowercased()
        // Where a key lies is no secret, and a wrong path is a common mistake.
        if name.hasSuffix(".location") { return false }
        return ["password", "secret", "key", "token", "sasl.jaas", "oauthbearer.config"].contains { name.contains($0) }
    }

    /// What the library says of properties that do not fit together or that name no usable file: it names the property only in its words,
    /// if at all.
    func refusal(_ words: String) -> KafkaError {
        let shown = properties.filter { !Self.isSecret($0.key) }.sorted { $0.key < $1.key }
        let named = shown.first { words.contains($0.key) } ?? shown.first { $0.value.count > 2 && words.contains($0.value) }
        guard let named else { return KafkaError(code: "CONFIGURATION", detail: words) }
        return .configuration(named.key, "\(words); its value is '\(named.value)'")
    }

    /// What is handed to librdkafka: the module's own properties, then the user's over them.
    func merged(over base: [String: String]) throws(KafkaError) -> [(name: String, value: String)] {
        if brokers.allSatisfy({ $0 == " " || $0 == "," }) {
            throw .configuration("bootstrap.servers", "expected host:port[,host:port...], got an empty list; name at least one broker")
        }
        for (name, reason) in Self.reserved.sorted(by: { $0.key < $1.key }) where properties[name] != nil {
            throw .configuration(name, "this property cannot be overridden, because \(reason); remove it")
        }
        if properties["partition.assignment.strategy"]?.contains("cooperative") == true {
            throw .configuration(
                "partition.assignment.strategy",
                "cooperative assignment drops partitions in this client library; use roundrobin or range")
        }
        var all = base
        all["bootstrap.servers"] = brokers
        all["client.id"] = clientID
        all.merge(properties) { _, user in user }
        return all.sorted { $0.key < $1.key }.map { (name: $0.key, value: $0.value) }
    }
}
