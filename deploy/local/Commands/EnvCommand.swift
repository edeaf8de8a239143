import ArgumentParser

/// `helpdesk env`.
struct EnvCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "env", abstract: "Print export lines for kcat, psql and curl: eval \"$(helpdesk env)\".")

    @OptionGroup var options: DirectoryOptions

    func run() async throws {
        let (state, _) = try options.running()
        for (name, value) in [
            ("KAFKA_BROKERS", state.brokers), ("DATABASE_URL", state.databaseURL), ("GATEWAY_URL", state.gatewayURL),
            ("GATEWAY_KEY", state.apiKey)
        ] {
            print("export \(name)='\(value.replacing("'", with: #"'\''"#))'")
        }
    }
}
