public import Configuration
public import Foundation

/// The settings of a process: every declared key with a valid value.
public struct LaunchConfiguration: Sendable {
    private struct Setting: Sendable {
        let declaration: KeyDeclaration
        let value: (any Sendable)?
        let origin: ConfigurationOrigin
        let text: String
    }

    private var settings: [String: Setting] = [:]
    /// The same settings for code that takes swift-configuration's reader: arguments, environment, file, defaults.
    public let reader: ConfigReader

    /// Reads the layers, arguments before environment before file before defaults.
    /// - Parameters:
    ///   - arguments: The settings among the command line's arguments, without program and command names.
    ///   - file: A YAML file; without one the variable `HELPDESK_CONFIG` may name it.
    ///   - keys: What this executable reads.
    ///   - tolerated: What other executables read. In the file and under `HELPDESK_` such keys are passed over.
    /// - Throws: ``ConfigurationError`` with every problem there is.
    public static func load(
        arguments: [String] = [], environment: [String: String] = ProcessInfo.processInfo.environment,
        file: String? = nil, keys: [any DeclaredKey], tolerated: [any DeclaredKey] = []
    ) throws(ConfigurationError) -> LaunchConfiguration {
        let known = KnownKeys(read: keys, tolerated: tolerated)
        var layers = [
            ConfigurationLayer(arguments: arguments, keys: known),
            ConfigurationLayer(environment: environment, keys: known)
        ]
        let fromEnvironment = environment[ConfigurationLayer.fileVariable].flatMap { $0.isEmpty ? nil : $0 }
        if let path = file ?? fromEnvironment { layers.append(ConfigurationLayer(file: path, keys: known)) }

        var problems = layers.flatMap(\.problems)
        let settings = known.read.map { resolve($0, in: layers, problems: &problems) }
        guard problems.isEmpty else { throw ConfigurationError(problems: problems) }
        return LaunchConfiguration(settings: settings, layers: layers)
    }

    private init(settings: [Setting], layers: [ConfigurationLayer]) {
        for setting in settings { self.settings[setting.declaration.name] = setting }
        reader = ConfigReader(providers: Self.providers(settings, layers))
    }

    /// The value of a declared key.
    public subscript<Value: Sendable>(key: ConfigurationKey<Value>) -> Value {
        guard let setting = settings[key.declaration.name], let value = setting.value as? Value else {
            // A key of ours that was not declared to `load`: no input can cause or cure it.
            preconditionFailure("setting \(key.declaration.name) was read but not declared: add it to the executable's keys")
        }
        return value
    }

    /// Where a key's value came from. For a group: of its first entry.
    public func origin(of key: some DeclaredKey) -> ConfigurationOrigin {
        settings[key.declaration.name]?.origin ?? .builtIn
    }

    /// Every setting in order of name, secrets hidden: what a start-up log line or a `config show` may print.
    public var shown: [(name: String, value: String, origin: ConfigurationOrigin)] {
        settings.values.sorted { $0.declaration.name < $1.declaration.name }.map {
            ($0.declaration.name, $0.declaration.isSecret && !$0.text.isEmpty ? "[secret]" : $0.text, $0.origin)
        }
    }

    private static func resolve(
        _ key: KeyDeclaration, in layers: [ConfigurationLayer], problems: inout [ConfigurationError.Problem]
    ) -> Setting {
        if key.group != nil { return resolveGroup(key, in: layers, problems: &problems) }
        for layer in layers {
            guard let raw = layer.values[key.name] else { continue }
            if let value = key.type.parse(raw.texts) {
                return Setting(declaration: key, value: value, origin: raw.origin, text: raw.texts.joined(separator: ","))
            }
            let text = raw.texts.joined(separator: ",")
            let came = key.isSecret ? "a secret of \(text.utf8.count) bytes" : SafeText.shown(text)
            problems.append(
                .init(
                    code: .invalid, key: key.name, origin: raw.origin,
                    message: "\(key.name): expected \(key.type.expected), got \(came)", advice: "Correct the value."))
            return Setting(declaration: key, value: nil, origin: raw.origin, text: "")
        }
        switch key.presence {
        case .defaulted(let value, let text):
            return Setting(declaration: key, value: value, origin: .builtIn, text: text)
        case .optional:
            return Setting(declaration: key, value: nil, origin: .builtIn, text: "")
        case .required:
            // A layer that has already complained about this key has said enough.
            if !layers.contains(where: { $0.problems.contains { $0.key == key.name || $0.key == key.argument } }) {
                problems.append(
                    .init(
                        code: .missing, key: key.name, origin: nil,
                        message: "\(key.name) is missing: expected \(key.type.expected)",
                        advice: "Give \(key.argument) or set \(key.environment)."))
            }
            return Setting(declaration: key, value: nil, origin: .builtIn, text: "")
        }
    }

    private static func resolveGroup(
        _ key: KeyDeclaration, in layers: [ConfigurationLayer], problems: inout [ConfigurationError.Problem]
    ) -> Setting {
        var merged: [String: String] = [:]
        var origin: ConfigurationOrigin?
        for layer in layers {
            for (name, raw) in (layer.entries[key.name] ?? [:]).sorted(by: { $0.key < $1.key }) where merged[name] == nil {
                if let reason = key.group?.reserved[name] {
                    problems.append(
                        .init(
                            code: .reserved, key: "\(key.name).\(name)", origin: raw.origin,
                            message: "\(key.name).\(name) may not be set: \(reason)", advice: "Remove it."))
                }
                merged[name] = raw.texts.last ?? ""
                origin = origin ?? raw.origin
            }
        }
        let text = merged.sorted { $0.key < $1.key }
            .map { "\($0.key)=\(KeyGroup.isSecret($0.key) ? "[secret]" : $0.value)" }.joined(separator: " ")
        return Setting(declaration: key, value: merged, origin: origin ?? .builtIn, text: text)
    }

    private static func providers(_ settings: [Setting], _ layers: [ConfigurationLayer]) -> [any ConfigProvider] {
        var providers: [any ConfigProvider] = layers.map { layer in
            var values: [AbsoluteConfigKey: ConfigValue] = [:]
            for setting in settings {
                let key = setting.declaration
                if let raw = layer.values[key.name], let value = key.type.parse(raw.texts), let content = key.type.content(value) {
                    values[AbsoluteConfigKey(ConfigKey(key.name))] = ConfigValue(content, isSecret: key.isSecret)
                }
                for (name, raw) in layer.entries[key.name] ?? [:] {
                    values[AbsoluteConfigKey(ConfigKey("\(key.name).\(name)"))] = ConfigValue(
                        .string(raw.texts.last ?? ""), isSecret: KeyGroup.isSecret(name))
                }
            }
            return InMemoryProvider(name: layer.name, values: values)
        }
        var defaults: [AbsoluteConfigKey: ConfigValue] = [:]
        for setting in settings {
            if case .defaulted(let value, _) = setting.declaration.presence, let content = setting.declaration.type.content(value) {
                defaults[AbsoluteConfigKey(ConfigKey(setting.declaration.name))] = ConfigValue(
                    content, isSecret: setting.declaration.isSecret)
            }
        }
        providers.append(InMemoryProvider(name: "defaults", values: defaults))
        return providers
    }
}
