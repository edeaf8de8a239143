import ArgumentParser

/// `helpdesk env`.
struct EnvCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "env", abstract: "Print export lines for kcat, psql and curl: eval \"$(helpdesk env)\".")

    static let ownBrokers = "ESI_HELPDESK_OWN_BROKERS"
    static let ownDatabase = "ESI_HELPDESK_OWN_DATABASE"

    /// A variable's value, unless an earlier `env` exported it about a stack of its own.
    static func foreign(_ name: String, own: String, in environment: [String: String]) -> String? {
        environment[name].flatMap { $0.isEmpty || $0 == environment[own] ? nil : $0 }
    }

    @OptionGroup var options: DirectoryOptions

    func run() async throws {
        let (state, _) = try options.running()
        var variables = [
            ("KAFKA_BROKERS", state.brokers), ("DATABASE_URL", state.databaseURL), ("GATEWAY_URL", state.gatewayURL),
            ("GATEWAY_KEY", state.apiKey)
        ]
        // So that the next `up` in this shell does not take what ended with this stack for a real cluster and a real database.
        if state.isBrokerEmbedded { variables.append((Self.ownBrokers, state.brokers)) }
        if state.isDatabasePrivate { variables.append((Self.ownDatabase, state.databaseURL)) }
        for (name, value) in variables {
            print("export \(name)='\(value.replacing("'", with: #"'\''"#))'")
        }
    }
}
