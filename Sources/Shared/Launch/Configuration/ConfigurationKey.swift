/// One setting of an executable: its name, type, default and meaning. The same key works as argument (`--http-port`),
/// environment variable (`HTTP_PORT` or `HELPDESK_HTTP_PORT`) and YAML entry (`http: {port: ..}`), in that order.
public struct ConfigurationKey<Value: Sendable>: DeclaredKey {
    public let declaration: KeyDeclaration

    private init(_ declaration: KeyDeclaration) {
        self.declaration = declaration
    }

    /// A setting with a default.
    /// - Parameters:
    ///   - name: Lower-case words joined by dots, for example `http.port`; a dash may join words within a part.
    ///   - secret: The value is never shown: not in errors, not in logs, not in help.
    ///   - document: One line that says what it does.
    public init(
        _ name: String, _ type: ConfigurationType<Value>, default value: Value, secret: Bool = false, _ document: String
    ) {
        let text = type.format(value)
        self.init(
            KeyDeclaration(
                name: name, document: document, type: type.erased, presence: .defaulted(value, text: text), isSecret: secret))
    }

    /// A setting that somebody has to give.
    public init(
        required name: String, _ type: ConfigurationType<Value>, secret: Bool = false, _ document: String
    ) {
        self.init(
            KeyDeclaration(
                name: name, document: document, type: type.erased, presence: .required, isSecret: secret))
    }

    /// A setting that may be absent.
    public init<Wrapped: Sendable>(
        optional name: String, _ type: ConfigurationType<Wrapped>, secret: Bool = false, _ document: String
    ) where Value == Wrapped? {
        self.init(
            KeyDeclaration(
                name: name, document: document, type: type.erased, presence: .optional, isSecret: secret))
    }
}

extension ConfigurationKey where Value == [String: String] {
    /// A group of free entries under `name`, passed on to something that knows them (librdkafka's properties).
    ///
    /// `group("kafka.properties", argument: "kafka-property")` takes `--kafka-property security.protocol=ssl` (repeatable),
    /// `KAFKA_PROPERTY_SECURITY_PROTOCOL=ssl`, and entries under `kafka: {properties: ..}`. Entries of all layers are merged,
    /// each by the usual precedence.
    /// - Parameter reserved: Entries that may not be set, each with the reason.
    public static func group(
        _ name: String, argument: String, reserved: [String: String] = [:], _ document: String
    ) -> ConfigurationKey {
        ConfigurationKey(
            KeyDeclaration(
                name: name, document: document, type: .entries, presence: .optional, isSecret: false,
                group: KeyGroup(argument: argument, reserved: reserved)))
    }
}
