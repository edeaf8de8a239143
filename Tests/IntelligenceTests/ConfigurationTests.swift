import Domain
import Intelligence
import Testing

@Suite struct ConfigurationTests {
    static let taxonomy = """
        version: 1
        settings:
          confidence_threshold: 0.5
          guardrail_category: security
          empty_category: general
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
            examples:
              en: [what are the opening hours, where is my course]
        rules:
          - id: panic
            title: Panic
            then: {tier: 3, severity: high}
            when:
              en:
                - all: [[kernel panic]]
        failed_attempt:
          en:
            - all: [[still broken]]
        """

    static let guardrails = """
        version: 1
        guardrails:
          - id: logs
            kind: logging_tampering
            effect: refuse
            description: Logs.
            patterns:
              en:
                - all: [[disable, turn .. off], [logging]]
                  within: 6
        """

    /// What the reader says of the taxonomy after a replacement.
    static func problems(replacing old: String, by new: String) -> [String] {
        #expect(taxonomy.contains(old))
        do {
            _ = try Taxonomy(text: taxonomy.replacing(old, with: new, maxReplacements: 1), name: "taxonomy.yaml")
            return []
        } catch {
            return error.problems.map(\.description)
        }
    }

    @Test func `the small files are valid`() throws {
        let taxonomy = try Taxonomy(text: Self.taxonomy, name: "taxonomy.yaml")
        #expect(taxonomy.settings.confidenceThreshold == 0.5)
        #expect(taxonomy.rules.map(\.id) == ["panic"])
        let guardrails = try Guardrails(text: Self.guardrails, name: "guardrails.yaml")
        #expect(guardrails.check(NormalisedText("turn that silly logging off")).map(\.rule) == ["logs"])
    }

    @Test(arguments: [
        ("tier: 2", "tier: four", "taxonomy.yaml:10: categories[0].tier: expected a number from 0 to 3, found `four`"),
        (
            "severity: low", "severity: tiny",
            "taxonomy.yaml:18: categories[1].severity: expected one of `low`, `medium`, `high`, `critical`, found `tiny`"
        ),
        (
            "    title: Security", "    titel: Security",
            "taxonomy.yaml:7: categories[0].title: expected a text, found nothing\ntaxonomy.yaml:8: categories[0].titel: expected `title`, found an unknown key"
        ),
        (
            "id: general", "id: security",
            "taxonomy.yaml:5: settings.empty_category: expected the id of a category, found the unknown category `general`\ntaxonomy.yaml:14: categories[1].id: expected an id of its own, found `security`, which line 7 has"
        ),
        (
            "guardrail_category: security", "guardrail_category: securty",
            "taxonomy.yaml:4: settings.guardrail_category: expected `security`, found the unknown category `securty`"
        ),
        (
            "then: {tier: 3, severity: high}", "then: {category: generel}",
            "taxonomy.yaml:24: rules[0].then.category: expected `general`, found the unknown category `generel`"
        ),
        (
            "confidence_threshold: 0.5", "confidence_threshold: 5",
            "taxonomy.yaml:3: settings.confidence_threshold: expected a number from 0.0 to 1.0, found `5`"
        ),
        (
            "- all: [[kernel panic]]", "- all: [[кернел]]",
            "taxonomy.yaml:27: rules[0].when.en[0].all: expected words of Latin letters and digits, found `кернел`"
        ),
        (
            "- all: [[kernel panic]]", "- all: [[.. panic]]",
            "taxonomy.yaml:27: rules[0].when.en[0].all: expected `..` between two words, found `.. panic`"
        ),
        ("version: 1", "version: 2", "taxonomy.yaml:1: version: expected a number from 1 to 1, found `2`"),
        (
            "what are the opening hours", "hack the host",
            "taxonomy.yaml:20: categories[1].examples.en: expected an example of its own, found `hack the host`, which line 13 has"
        )
    ])
    func `a mistake is told with its line`(old: String, new: String, message: String) {
        #expect(Self.problems(replacing: old, by: new).joined(separator: "\n") == message)
    }

    @Test func `several mistakes are told at once, in the order of the lines`() {
        let broken = Self.taxonomy.replacing("severity: low", with: "severity: tiny").replacing("tier: 2", with: "tier: 9")
        #expect(throws: InvalidConfiguration.self) { try Taxonomy(text: broken, name: "t") }
        do {
            _ = try Taxonomy(text: broken, name: "t")
        } catch {
            #expect(error.problems.map(\.line) == [10, 18])
            #expect(error.problems.map(\.code) == [.invalid, .invalid])
        }
    }

    @Test(arguments: [
        (
            "kind: logging_tampering", "kind: loging",
            "guardrails.yaml:4: guardrails[0].kind: expected one of `logging_tampering`, `hide_activity`, `host_access`, `destructive_all`, `prompt_injection`, `secret_request`, `escalation_suppression`, found `loging`"
        ),
        (
            "within: 6", "within: 600",
            "guardrails.yaml:10: guardrails[0].patterns.en[0].within: expected a number from 1 to 60, found `600`"
        ),
        ("within: 6", "wihin: 6", "guardrails.yaml:10: guardrails[0].patterns.en[0].wihin: expected `within`, found an unknown key"),
        (
            "      en:", "      xx:",
            "guardrails.yaml:8: guardrails[0].patterns.xx: expected one of `any`, `en`, `de`, `es`, `fr`, `pt`, `it`, found an unknown key"
        )
    ])
    func `a mistake in the guardrails is told with its line`(old: String, new: String, message: String) {
        do {
            _ = try Guardrails(text: Self.guardrails.replacing(old, with: new), name: "guardrails.yaml")
            Issue.record("the file was accepted")
        } catch {
            #expect(error.description == message)
        }
    }

    @Test(arguments: ["", "- a list", "version: [1", "version: 1\nversion: 1\n", "just text"])
    func `what is no mapping is refused`(text: String) {
        #expect(throws: InvalidConfiguration.self) { try Taxonomy(text: text, name: "taxonomy.yaml") }
        #expect(throws: InvalidConfiguration.self) { try Guardrails(text: text, name: "guardrails.yaml") }
    }

    @Test func `versions are the first 12 digits of the content's SHA-256`() throws {
        #expect(contentVersion(of: "abc".utf8) == "ba7816bf8f01")
        let taxonomy = try Taxonomy(text: Self.taxonomy, name: "a")
        #expect(taxonomy.version == contentVersion(of: Self.taxonomy.utf8))
        #expect(try Taxonomy(text: Self.taxonomy + "\n", name: "a").version != taxonomy.version)
    }
}
