extension ConfigurationLayer {
    /// The prefix under which every variable is ours: a known key, or a mistake.
    static let environmentPrefix = "HELPDESK_"
    /// The variable that names the settings file.
    static let fileVariable = "HELPDESK_CONFIG"

    #if FAULT_POINTS
        /// Read where the faults are injected, which only builds with fault points can.
        static let faultVariables: Set<String> = [
            "HELPDESK_BREAK", "HELPDESK_FAULTS", "HELPDESK_FAULT_DIRECTORY", "HELPDESK_FAULT_TRAP", "HELPDESK_FAULT_THROW"
        ]
    #else
        static let faultVariables: Set<String> = []
    #endif

    /// Reads `HTTP_PORT` and `HELPDESK_HTTP_PORT`; the longer name wins. An empty variable counts as absent, because that
    /// is how compose files and shells pass on what nobody set.
    init(environment: [String: String], keys: KnownKeys) {
        self.init(name: "environment")
        let environment = environment.filter { !$0.value.isEmpty && !Self.isServiceLink($0.key, $0.value) }
        for key in keys.read {
            for variable in [key.environment, Self.environmentPrefix + key.environment] {
                if key.group != nil {
                    for (name, value) in environment where name.hasPrefix(variable) && name != variable {
                        let entry = name.dropFirst(variable.count).lowercased().spelt(with: ".")
                        entries[key.name, default: [:]][entry] = RawValue(texts: [value], origin: .environment(name))
                    }
                } else if let value = environment[variable] {
                    values[key.name] = RawValue(texts: [value], origin: .environment(variable))
                }
            }
        }
        let known = Set(keys.all.filter { $0.group == nil }.map { Self.environmentPrefix + $0.environment })
            .union([Self.fileVariable]).union(Self.faultVariables)
        let groups = keys.all.filter { $0.group != nil }.map { Self.environmentPrefix + $0.environment }
        for name in environment.keys.sorted()
        where name.hasPrefix(Self.environmentPrefix) && !known.contains(name) && !groups.contains(where: name.hasPrefix) {
            unknown(
                name, .environment(name), what: "variable", candidates: known.sorted(),
                otherwise: "Remove it; --help lists the settings.")
        }
    }

    /// Kubernetes puts `<SERVICE>_PORT=tcp://..` and its kin into every container of a namespace. Nobody wrote those, so
    /// they are neither settings nor mistakes. Source: Kubernetes documentation, "Service", environment variables.
    private static func isServiceLink(_ name: String, _ value: String) -> Bool {
        if name.hasSuffix("_SERVICE_HOST") || name.contains("_SERVICE_PORT") { return true }
        if name.hasSuffix("_PORT"), value.contains("://") { return true }
        // X_PORT_8080_TCP, and the same with _ADDR, _PORT or _PROTO behind it.
        let parts = name.split(separator: "_")
        return parts.indices.dropFirst(2).contains { index in
            ["TCP", "UDP", "SCTP"].contains(parts[index]) && Int(parts[index - 1]) != nil && parts[index - 2] == "PORT"
        }
    }
}
