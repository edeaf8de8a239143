import Foundation
import Intelligence
import Policy
@testable import Knowledge
@testable import Launch

// Files that people write: settings, taxonomy, guardrails, policy, articles.
extension Subject {
    static let taxonomy = yaml("taxonomy", taxonomyFile) { text in
        do throws(InvalidConfiguration) {
            _ = try Taxonomy(text: text, name: "taxonomy.yaml")
            return "taken"
        } catch {
            return try refusals(error.problems)
        }
    }

    static let guardrails = yaml("guardrails", guardrailsFile) { text in
        do throws(InvalidConfiguration) {
            let guardrails = try Guardrails(text: text, name: "guardrails.yaml")
            _ = guardrails.check(NormalisedText("Please turn that logging off, and disable the audit"))
            return "taken"
        } catch {
            return try refusals(error.problems)
        }
    }

    static let policy = yaml("policy", policyFile) { text in
        do throws(InvalidPolicy) {
            _ = try EscalationPolicy(text: text, name: "policy.yaml", categories: ["kernel_panic", "outage", "assessment_crash"])
            return "taken"
        } catch {
            return try refusals(error.problems)
        }
    }

    static let settings = yaml("settings", settingsFile) { text in
        let path = FileManager.default.temporaryDirectory.path + "/helpdesk-fuzz-\(getpid()).yaml"
        try Data(text.utf8).write(to: URL(filePath: path))
        defer { unlink(path) }
        do throws(ConfigurationError) {
            let configuration = try LaunchConfiguration.load(
                environment: [:], file: path,
                keys: KafkaKeys.all + DatabaseKeys.all + CommonKeys.logging + CommonKeys.health)
            return configuration.shown.map { $0.name + $0.value }.joined()
        } catch {
            return try refusals(error.problems)
        }
    }

    static let article = Subject(
        "article",
        seeds: [articleFile, articleHead + "\n" + laundries.joined(separator: "\n"), articleHead],
        words: [
            "---\n", "## ", "# ", "```sh\n", "```\n", "1. ", "- ", "> ", "| a | b |\n|---|---|\n", "[link](02-other.md#part)", "supersedes: ",
            "status: deprecated\n",
            "<!-- ", " -->", "    code\n", "\t", "***\n", "===\n"
        ], maximumBytes: 8192, few: 1000
    ) { input in
        let file = ArticleFile(name: "a.md", text: String(decoding: input, as: UTF8.self))
        let article: Article
        do throws(InvalidArticles) {
            article = try Article.parse(file)
            _ = try ArticleLibrary.load(files: [file])
        } catch {
            return try refusals(error.problems)
        }
        for chunk in article.chunks {
            try promise(chunk.text.utf8.count <= Chunk.maximumBytes || chunk.blocks.count == 1, "a chunk of \(chunk.text.utf8.count) bytes")
            _ = chunk.steps
        }
        return "\(min(article.chunks.count, 9)) chunks"
    }

    private static func yaml(_ name: String, _ good: String, _ read: @escaping @Sendable (String) throws -> String) -> Subject {
        // Few lines that stand for very many nodes: in lists, in mappings, as a key.
        let lists = (1...8).map { level in "b\(level): &b\(level) [" + [String](repeating: "*b\(level - 1)", count: 9).joined(separator: ", ") + "]" }
        let mappings = (1...8).map { level in
            "m\(level): &m\(level) {" + (1...9).map { "k\($0): *m\(level - 1)" }.joined(separator: ", ") + "}"
        }
        let bombs = [
            "b0: &b0 [x]\n" + lists.joined(separator: "\n") + "\n" + good, "b0: &b0 [x]\n" + lists.joined(separator: "\n") + "\n? *b8\n: x\n",
            "m0: &m0 {a: x}\n" + mappings.joined(separator: "\n") + "\nkafka: {properties: *m8}\n"
        ]
        let modest = "x0: &x0 {a: x}\nx1: &x1 {a: *x0, b: *x0}\nx2: {a: *x1, b: *x1}\n"
        return Subject(
            name, seeds: [good, modest + good, good.replacing("\n", with: "\r\n")] + bombs,
            words: [
                "&x ", "*x", "*b7", "? *b3\n: x\n", "<<: *x1\n", "!!str ", "{", "}", "[", "]", "- ", "|\n", ">-\n", "#", "version: 2\n", "~", "''",
                "\"\\u0000\""
            ],
            maximumBytes: 6000, few: 1500
        ) { input in try read(String(decoding: input, as: UTF8.self)) }
    }

    private static let taxonomyFile = """
        version: 1
        settings: {confidence_threshold: 0.5, guardrail_category: security, empty_category: general}
        categories:
          - id: security
            title: Security
            description: What is forbidden.
            tier: 2
            severity: medium
            examples:
              en: [hack the host, break the rules]
          - id: general
            title: General
            description: Everything else.
            tier: 0
            severity: low
            examples: {en: [what are the opening hours, where is my course], de: [wann ist offen, wo ist der Kurs]}
        rules:
          - id: panic
            title: Panic
            personas: [trainee, admin]
            then: {category: general, tier: 3, severity: high}
            when:
              en:
                - all: [[kernel panic, kernel* .. panic]]
                  within: 6
                  ordered: true
                  unless: [no panic]
        failed_attempt:
          en:
            - all: [[still broken], [again]]
        """

    private static let guardrailsFile = """
        version: 1
        guardrails:
          - id: logs
            kind: logging_tampering
            effect: refuse
            description: Logs.
            patterns:
              en:
                - all: [[disable, turn .. off], [logging, audit*]]
                  within: 6
                  unless: [not disable]
              any:
                - all: [["syslog off"]]
        """

    private static let policyFile: String = {
        let whole = shippedFile("deploy/config/escalation-policy.yaml")
        return whole.split(separator: "\n", omittingEmptySubsequences: false).filter { !$0.hasPrefix("#") }.joined(separator: "\n")
            .replacing("  # holidays: ", with: "  holidays: ").replacing("  # exceptions:\n  #   - ", with: "  exceptions:\n    - ")
    }()

    private static let settingsFile = """
        kafka:
          brokers: localhost:9092
          fetch-wait: 100ms
          properties: {security.protocol: ssl, ssl: {ca: {location: /x}}}
        kafka.properties.sasl.password: hidden
        database: {url: "postgresql://u:p@localhost/helpdesk", connections: 8}
        log: {level: info, format: json}
        health.host: 127.0.0.1
        health: {port: 0}
        """

    private static let articleHead = """
        ---
        id: 01-access
        title: Access
        version: 1.2
        last_updated: 2025-01-31
        tags: [vpn, "lab access"]
        audience: [trainee, instructor, operator, support_engineer, admin]
        status: current
        supersedes: [00-old]
        ---

        """

    private static let articleFile =
        articleHead + """
            # Access

            Text before.

            ## Steps

            1. Open the page
               and `press` it.
            2. Run:
               ```sh
               ls -l /opt
               ```

            - a
              - b

            ### More

            | a | b |
            |---|---|
            | 1 | 2 |

            > quoted, see [other](02-other.md)

            <!-- note -->
            """

    /// Long parts without a place to cut.
    private static let laundries = [
        "## One\n", String(repeating: "word ", count: 900), "\n```", String(repeating: "x", count: 2000), "```",
        String(repeating: "- item\n", count: 50)
    ]

    static func shippedFile(_ path: String) -> String {
        let root = URL(filePath: #filePath).deletingLastPathComponent().resolvingSymlinksInPath().deletingLastPathComponent()
            .deletingLastPathComponent()
        guard let text = try? String(contentsOf: root.appending(path: path), encoding: .utf8) else {
            preconditionFailure("\(path) cannot be read")
        }
        return text
    }
}
