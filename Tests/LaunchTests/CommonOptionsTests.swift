import ArgumentParser
import Testing

@testable import Launch

@Suite struct CommonOptionsTests {
    struct Root: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "gateway", subcommands: [Serve.self, Replay.self], defaultSubcommand: Serve.self)
    }

    struct Serve: AsyncParsableCommand {
        @Flag var once = false
        @OptionGroup var options: CommonOptions
    }

    struct Replay: AsyncParsableCommand {
        @Argument var topic: String
        @OptionGroup var options: CommonOptions
    }

    static func parse<Command: ParsableCommand>(_ arguments: [String], as: Command.Type = Command.self) throws -> Command {
        let command = try Root.parseAsRoot(settingsLast(arguments, keys: TestKeys.all))
        return try #require(command as? Command)
    }

    @Test(arguments: [
        ["serve", "--http-port", "1", "--once", "--kafka-brokers", "b:2"],
        ["--http-port", "1", "--once", "--kafka-brokers=b:2"],
        ["--http-port", "1", "--kafka-brokers=b:2", "serve", "--once"]
    ])
    func settingsReachTheCommand(arguments: [String]) throws {
        let serve = try Self.parse(arguments, as: Serve.self)
        #expect(serve.once)
        let settings = try serve.options.load(keys: TestKeys.all, environment: TestKeys.needed)
        #expect(settings[TestKeys.port] == 1)
        #expect(settings[TestKeys.brokers] == ["b:2"])
    }

    @Test(arguments: [
        ["replay", "helpdesk.tickets", "--http-tls", "--http-port", "1"],
        ["replay", "--http-port", "1", "--http-tls", "helpdesk.tickets"],
        ["replay", "--kafka-property", "a=b", "--no-http-tls", "--http-port=1", "--http-tls", "on", "helpdesk.tickets"]
    ])
    func aSettingsValueIsNoOperand(arguments: [String]) throws {
        let replay = try Self.parse(arguments, as: Replay.self)
        #expect(replay.topic == "helpdesk.tickets")
        let settings = try replay.options.load(keys: TestKeys.all, environment: TestKeys.needed)
        #expect(settings[TestKeys.port] == 1)
        #expect(settings[TestKeys.tls])
    }

    @Test func aMisspeltSettingIsRefusedWithASuggestion() throws {
        let serve = try Self.parse(["serve", "--htpp-port", "8080"], as: Serve.self)
        let error = try #require(throws: ConfigurationError.self) {
            try serve.options.load(keys: TestKeys.all, environment: TestKeys.needed)
        }
        #expect(error.description.contains("Did you mean --http-port?"))
    }

    @Test func configNamesTheFile() throws {
        try withFile("http: {port: 5}\n") { path in
            let serve = try Self.parse(["serve", "--config", path ?? "", "--http-tls"], as: Serve.self)
            let settings = try serve.options.load(
                keys: TestKeys.all, environment: TestKeys.needed.merging(["HELPDESK_CONFIG": "/nonexistent"]) { $1 })
            #expect(settings[TestKeys.port] == 5)
            #expect(settings[TestKeys.tls])
        }
    }
}
