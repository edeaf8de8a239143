import Launch
import Testing

@Suite struct ConfigurationErrorTests {
    @Test func everyProblemIsListedAtOnce() throws {
        let yaml = "http:\n  prot: 1\n  ratio: 2\nmode: quick\n"
        let environment = ["HTTP_BODY_LIMIT": "10", "HELPDESK_HTTP_PROT": "1", "KAFKA_PROPERTY_GROUP_ID": "x"]
        let found = try problems(
            ["--htpp-port", "8080", "--http-max-wait", "10", "--kafka-property", "nonsense", "stray"], environment, yaml: yaml)
        #expect(
            found.map(\.code) == [
                .unknown, .invalid, .invalid, .unknown, .unknown, .invalid, .invalid, .invalid, .invalid, .missing, .reserved, .missing
            ])
        let text = ConfigurationErrorTests.text(found)
        #expect(text.contains("argument --htpp-port: setting --htpp-port is unknown. Did you mean --http-port?"))
        #expect(text.contains("variable HELPDESK_HTTP_PROT is unknown. Did you mean HELPDESK_HTTP_PORT?"))
        #expect(text.contains(".yaml:2: setting http.prot is unknown. Did you mean http.port?"))
        #expect(text.contains(".yaml:3: http.ratio: expected a number from 0.0 to 1.0, got \"2\""))
        #expect(text.contains(".yaml:4: mode: expected one of fast, careful, got \"quick\""))
        #expect(text.contains("HTTP_BODY_LIMIT: http.body-limit: expected a size such as 512KiB or 16MiB from 1KiB to 1GiB, got \"10\""))
        #expect(text.contains("argument --http-max-wait: http.max-wait: expected a duration such as 250ms, 30s or 5m from 10ms to 1m, got \"10\""))
        #expect(text.contains("kafka.properties.group.id may not be set: each stage names its own group"))
        #expect(text.contains("database.url is missing: expected text that is not empty. Give --database-url or set DATABASE_URL."))
    }

    @Test(arguments: [
        ("http: {password:s3cret}\n", ".yaml:1: setting (a name of 20 bytes) is unknown."),
        ("http: {port: 1}\npass://s3cret: x\npass://s3cret: y\n", "expected each key once, got (a name of 13 bytes) twice in one mapping"),
        ("? [x]\n: 1\n? [x]\n: 2\np:s3cret: x\np:s3cret: y\n", "got (a name of 8 bytes) twice in one mapping"),
        ("http.prot: 1\nhttp.prot: 1\n", "expected each key once, got http.prot twice in one mapping"),
        ("mode: \"fa\u{2028}st\"\n", ".yaml:1: mode: expected one of fast, careful, got a text of 7 bytes"),
        ("\(String(repeating: "k", count: 61)): x\n", ".yaml:1: setting (a name of 61 bytes) is unknown.")
    ])
    func whatCouldBeASecretIsNotShownAsAName(yaml: String, message: String) throws {
        let text = Self.text(try problems(yaml: yaml))
        #expect(text.contains(message), "\(text)")
        #expect(!text.contains("s3cret"))
    }

    @Test(arguments: [
        ["--http-port", "65536"], ["--http-port", "-1"], ["--http-port", "1.0"], ["--http-port="], ["--http-tls=maybe"],
        ["--http-max-wait", "5ms"], ["--http-max-wait", "61s"], ["--http-max-wait", "-1s"], ["--http-ratio", "nan"],
        ["--http-body-limit", "9999999999999GiB"], ["--mode", "FAST"], ["--llm-url", ""], ["--http-port"],
        ["--http-port", "--http-tls"], ["--no-http-port"], ["stray"], ["-p", "1"], ["--"], ["--kafka-property"],
        ["--kafka-property", "=x"]
    ])
    func isRefused(arguments: [String]) throws {
        #expect(try !problems(arguments).isEmpty)
    }

    @Test(arguments: [
        "http: 8080\n", "http: [1]\n", "http:\n  port: [1]\n", "http:\n  port: {a: 1}\n", "- a\n", "nothing\n", "a: b: c\n",
        "http: {port: 1}\nhttp: {tls: true}\n", "kafka: {properties: 5}\n", "kafka: {properties: {a: [1]}}\n", "unknown: {deep: 1}\n",
        "http: {port: ''}\n", "\"unclosed\n"
    ])
    func fileIsRefused(yaml: String) throws {
        let found = try problems(yaml: yaml)
        #expect(!found.isEmpty)
        for problem in found {
            guard case .file = problem.origin else {
                Issue.record("expected the file as origin, got \(problem)")
                return
            }
        }
    }

    @Test func aFileThatIsNotThereIsAnError() throws {
        #expect(throws: ConfigurationError.self) {
            try LaunchConfiguration.load(environment: TestKeys.needed, file: "/nonexistent.yaml", keys: TestKeys.all)
        }
    }

    @Test(
        arguments: [
            (["--database-ur", "postgres://u:hunter2@h"], [:], nil),
            (["--database-url", ""], ["HELPDESK_DATABASE_URI": "hunter2"], nil),
            (["postgres://u:hunter2@h"], [:], nil),
            ([], [:], "database: {url: [hunter2]}\n"),
            ([], [:], "database: {url: \"hunter2\n"),
            ([], [:], "database: {uri: hunter2}\n"),
            (["--kafka-property", "hunter2"], [:], nil)
        ] as [([String], [String: String], String?)])
    func errorsHoldNoSecret(arguments: [String], environment: [String: String], yaml: String?) throws {
        let found = try problems(arguments, environment, yaml: yaml)
        #expect(!found.isEmpty)
        #expect(!ConfigurationErrorTests.text(found).contains("hunter2"))
    }

    @Test func otherExecutablesKeysAreTolerated() throws {
        let foreign = ConfigurationKey("sla.calendar", .text, default: "x", "Another's.")
        let group = ConfigurationKey.group("notify.targets", argument: "notify-target", "Another's.")
        let environment = TestKeys.needed.merging([
            "HELPDESK_SLA_CALENDAR": "de", "HELPDESK_NOTIFY_TARGET_A": "x"
        ]) { $1 }
        let yaml = "sla: {calendar: de}\nnotify: {targets: {a: b}}\n"
        #expect(try problems([], environment, yaml: yaml).count == 4)
        #expect(try problems([], environment, yaml: yaml, tolerated: [foreign, group]).isEmpty)
        #expect(try problems(["--sla-calendar", "de"], tolerated: [foreign]).map(\.code) == [.unknown])
    }

    @Test func kubernetesServiceLinksAreNoMistakes() throws {
        let links = [
            "HELPDESK_INGEST_SERVICE_HOST": "10.0.0.1", "HELPDESK_INGEST_SERVICE_PORT": "80",
            "HELPDESK_INGEST_SERVICE_PORT_HTTP": "80", "HELPDESK_INGEST_PORT": "tcp://10.0.0.1:80",
            "HELPDESK_INGEST_PORT_80_TCP": "tcp://10.0.0.1:80", "HELPDESK_INGEST_PORT_80_TCP_ADDR": "10.0.0.1",
            "HELPDESK_INGEST_PORT_80_TCP_PORT": "80", "HELPDESK_INGEST_PORT_80_TCP_PROTO": "tcp",
            "HTTP_PORT": "tcp://10.0.0.1:80"
        ]
        let settings = try load([], TestKeys.needed.merging(links) { $1 })
        #expect(settings[TestKeys.port] == 8080)
        #expect(try problems([], TestKeys.needed.merging(["HELPDESK_INGEST_PORTS": "1"]) { $1 }).count == 1)
    }

    @Test func foreignVariablesAreNotOurs() throws {
        #expect(try problems([], TestKeys.needed.merging(["HTTP_PROT": "1", "PATH": "/bin"]) { $1 }).isEmpty)
    }

    static func text(_ problems: [ConfigurationError.Problem]) -> String {
        problems.map(\.description).joined(separator: "\n")
    }
}
