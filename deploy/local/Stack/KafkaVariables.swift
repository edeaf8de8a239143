/// librdkafka's properties as environment variables, spelt as the services read them: `KAFKA_PROPERTY_SECURITY_PROTOCOL=sasl_ssl`, with
/// `HELPDESK_` before it or without.
enum KafkaVariables {
    private static let plain = "KAFKA_PROPERTY_"
    private static let own = "HELPDESK_" + plain

    /// The properties that an environment holds. An empty variable counts as absent; the longer name wins.
    static func properties(in environment: [String: String]) -> [String: String] {
        [plain, own].reduce(into: [:]) { properties, prefix in
            for (name, value) in environment where name.hasPrefix(prefix) && name != prefix && !value.isEmpty {
                properties[name.dropFirst(prefix.count).lowercased().replacing("_", with: ".")] = value
            }
        }
    }

    /// Makes an environment hold these properties and no others.
    static func set(_ properties: [String: String], in environment: inout [String: String]) {
        environment = environment.filter { !$0.key.hasPrefix(plain) && !$0.key.hasPrefix(own) }
        for (name, value) in properties { environment[plain + name.uppercased().replacing(".", with: "_")] = value }
    }
}
