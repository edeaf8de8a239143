/// How a process reaches Kafka.
public enum KafkaKeys {
    public static let brokers = ConfigurationKey(
        required: "kafka.brokers", .text, "Bootstrap servers, host:port, comma separated.")
    public static let properties = ConfigurationKey.group(
        "kafka.properties", argument: "kafka-property", "Any librdkafka property, TLS and SASL included.")
    public static let fetchWait = ConfigurationKey(
        "kafka.fetch-wait", .duration(.milliseconds(1)...(.seconds(5))), default: .milliseconds(100),
        "How long a broker may hold back a fetch that finds nothing new.")

    public static let all: [any DeclaredKey] = [brokers, properties, fetchWait]
}

/// How a process reaches PostgreSQL.
public enum DatabaseKeys {
    public static let url = ConfigurationKey(
        required: "database.url", .text, secret: true, "PostgreSQL address, postgresql://user:password@host:port/database.")
    public static let connections = ConfigurationKey(
        "database.connections", .int(2...64), default: 8, "Connections of this process at most.")

    public static let all: [any DeclaredKey] = [url, connections]
}
