import Configuration
import Launch
import Testing

@Suite struct LaunchConfigurationTests {
    @Test func argumentBeatsEnvironmentBeatsFileBeatsDefault() throws {
        let yaml = "http:\n  port: 3\n  ratio: 0.25\nmode: careful\n"
        let environment = TestKeys.needed.merging(["HTTP_PORT": "2", "HTTP_RATIO": "0.75"]) { $1 }
        let settings = try load(["--http-port", "1"], environment, yaml: yaml)
        #expect(settings[TestKeys.port] == 1)
        #expect(settings[TestKeys.ratio] == 0.75)
        #expect(settings[TestKeys.mode] == .careful)
        #expect(settings[TestKeys.wait] == .seconds(10))
        #expect(settings.origin(of: TestKeys.port) == .argument("--http-port"))
        #expect(settings.origin(of: TestKeys.ratio) == .environment("HTTP_RATIO"))
        #expect(settings.origin(of: TestKeys.wait) == .builtIn)
        guard case .file(_, line: 4) = settings.origin(of: TestKeys.mode) else {
            Issue.record("expected line 4 of the file, got \(settings.origin(of: TestKeys.mode))")
            return
        }
    }

    @Test func theReaderSeesTheSameValues() throws {
        let yaml = "http: {port: 3, tls: true}\nkafka: {properties: {security.protocol: ssl}}\n"
        let settings = try load(["--http-port=1", "--http-body-limit", "2MiB"], yaml: yaml)
        #expect(settings.reader.int(forKey: "http.port") == 1)
        #expect(settings.reader.bool(forKey: "http.tls") == true)
        #expect(settings.reader.int(forKey: "http.body-limit") == 2 << 20)
        #expect(settings.reader.string(forKey: "http.max-wait") == "10s")
        #expect(settings.reader.stringArray(forKey: "kafka.brokers") == ["a:1"])
        #expect(settings.reader.string(forKey: "kafka.properties.security.protocol") == "ssl")
    }

    @Test func prefixedVariableBeatsThePlainOne() throws {
        let environment = TestKeys.needed.merging(["HTTP_PORT": "2", "HELPDESK_HTTP_PORT": "3"]) { $1 }
        #expect(try load([], environment)[TestKeys.port] == 3)
    }

    @Test func anEmptyVariableIsAbsent() throws {
        #expect(try load([], TestKeys.needed.merging(["HTTP_PORT": ""]) { $1 })[TestKeys.port] == 8080)
        #expect(try problems([], ["KAFKA_BROKERS": "", "DATABASE_URL": "x"]).map(\.code) == [.missing])
    }

    @Test func optionalSettingsMayBeAbsent() throws {
        #expect(try load()[TestKeys.model] == nil)
        #expect(try load()[TestKeys.pool] == nil)
        #expect(try load(["--database-pool", "8", "--llm-url=http://x"])[TestKeys.pool] == 8)
        #expect(try load(["--llm-url", "http://x"])[TestKeys.model] == "http://x")
    }

    @Test(arguments: [
        (["--http-tls"], true), (["--http-tls", "true"], true), (["--http-tls=off"], false), (["--no-http-tls"], false),
        (["--http-tls", "--http-port", "1"], true), (["--http-tls", "--no-http-tls"], false), ([], false)
    ])
    func flags(arguments: [String], expected: Bool) throws {
        #expect(try load(arguments)[TestKeys.tls] == expected)
    }

    @Test(arguments: [
        ("10ms", Duration.milliseconds(10)), ("1.5s", .milliseconds(1500)), ("1m", .seconds(60)), (" 30 s ", .seconds(30))
    ])
    func durations(text: String, expected: Duration) throws {
        #expect(try load(["--http-max-wait", text])[TestKeys.wait] == expected)
    }

    @Test(arguments: [("1024", 1024), ("2KiB", 2048), ("16MiB", 16 << 20), ("1GiB", 1 << 30), ("4096 B", 4096)])
    func sizes(text: String, expected: Int) throws {
        #expect(try load(["--http-body-limit", text])[TestKeys.body] == expected)
    }

    @Test func listsComeFromCommasRepeatsAndSequences() throws {
        let rest = ["DATABASE_URL": "x"]
        #expect(try load(["--kafka-brokers", "a:1, b:2", "--kafka-brokers=c:3"], rest)[TestKeys.brokers] == ["a:1", "b:2", "c:3"])
        #expect(try load([], rest, yaml: "kafka:\n  brokers: [a:1, 'b:2']\n")[TestKeys.brokers] == ["a:1", "b:2"])
        #expect(try load([], rest, yaml: "kafka.brokers: a:1,b:2\n")[TestKeys.brokers] == ["a:1", "b:2"])
    }

    @Test func groupEntriesOfAllLayersAreMerged() throws {
        let environment = TestKeys.needed.merging([
            "KAFKA_PROPERTY_SECURITY_PROTOCOL": "sasl_ssl", "HELPDESK_KAFKA_PROPERTY_LINGER_MS": "7"
        ]) { $1 }
        let yaml = """
            kafka:
              properties:
                security.protocol: plaintext
                ssl.ca.location: /etc/ca.pem
                socket: {nagle: {disable: true}}
            """
        let settings = try load(["--kafka-property", "linger.ms=9", "--kafka-property=sasl.password=a=b"], environment, yaml: yaml)
        #expect(
            settings[TestKeys.properties] == [
                "linger.ms": "9", "security.protocol": "sasl_ssl", "ssl.ca.location": "/etc/ca.pem",
                "socket.nagle.disable": "true", "sasl.password": "a=b"
            ])
        let shown = settings.shown.first { $0.name == "kafka.properties" }?.value ?? ""
        #expect(shown.contains("sasl.password=[secret]") && shown.contains("linger.ms=9"))
    }

    @Test func secretsAreNotShown() throws {
        let settings = try load()
        #expect(settings[TestKeys.database] == "postgres://u:hunter2@h/d")
        #expect(!settings.shown.map(\.value).joined().contains("hunter2"))
        #expect(!"\(settings.reader)".contains("hunter2"))
    }

    @Test func theFileMayBeNamedByTheEnvironment() throws {
        try withFile("mode: careful\n") { path in
            let environment = TestKeys.needed.merging(["HELPDESK_CONFIG": path ?? ""]) { $1 }
            let settings = try load([], environment)
            #expect(settings[TestKeys.mode] == .careful)
        }
    }

    @Test(arguments: ["", "# nothing\n", "http:\n", "http: {port: }\n"])
    func emptyPartsOfAFileMeanNothing(yaml: String) throws {
        #expect(try load(yaml: yaml)[TestKeys.port] == 8080)
    }

    @Test func helpIsExactlyTheGoldenFile() throws {
        let help = settingsHelp(for: TestKeys.all)
        #expect(try help + "\n" == golden("help.txt"))
        #expect(help.split(separator: "\n").allSatisfy { $0.count <= 80 })
    }
}
