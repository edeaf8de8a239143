import Foundation
import Policy
import Testing

@Suite struct PolicyFileTests {
    static let text = """
        version: 1
        channels: [desk, security]
        rules:
          - id: refused
            title: Refused
            final: true
            when:
              guardrails: [logging_tampering, hide_activity, host_access, destructive_all, prompt_injection, secret_request]
            then: {tier: 2, notify: [security]}
          - id: impact
            title: Impact
            final: true
            when:
              severity: {at_least: high}
            then: {tier: 2}
          - id: people
            title: People
            final: true
            when:
              similar_tickets: {requesters: 3, within: 30m, similarity: 0.6}
            then: {tier: 2, severity: high, open_incident: true}
          - id: failed
            title: Failed
            final: true
            when:
              failed_attempts: {at_least: 2}
            then: {tier: 2}
          - id: unsure
            title: Unsure
            final: true
            when:
              confidence: {below: 0.5}
            then:
              tier: 1
              after_at_most: 30s
          - id: ungrounded
            title: Ungrounded
            final: true
            when: {answer_grounded: false}
            then: {tier: 1}
          - id: language
            title: Language
            final: true
            when: {language_supported: false}
            then: {tier: 1}
          - id: last
            title: Last
            when: {persona: [operator]}
            then: {notify: [desk]}
        calendar:
          zone: Europe/Berlin
          week:
            monday: [08:00-12:00, 13:00-17:00]
          holidays: [2026-12-25]
          exceptions:
            - {date: 2026-12-24, hours: [08:00-12:00]}
        sla:
          warn_at: 0.75
          pause_in: [waiting_requester]
          targets:
            low: {first_response: 8h, resolution: 72h, hours: business}
            medium: {first_response: 4h, resolution: 24h, hours: business}
            high: {first_response: 1h, resolution: 8h, hours: always}
            critical: {first_response: 15m, resolution: 4h, hours: always}
        """

    static func problems(_ text: String) -> [String] {
        do {
            _ = try EscalationPolicy(text: text, name: "p.yaml", categories: ["vpn", "outage"])
            return []
        } catch {
            return error.problems.map(\.description)
        }
    }

    @Test func `the small file is valid`() throws {
        let policy = try EscalationPolicy(text: Self.text, name: "p.yaml")
        #expect(policy.rules.map(\.id) == ["refused", "impact", "people", "failed", "unsure", "ungrounded", "language", "last"])
        #expect(policy.rules[4].afterAtMost == 30)
        #expect(policy.channels == ["desk", "security"])
        #expect(policy.targets.low.calendar.hours(on: CivilDay(year: 2026, month: 12, day: 24)).map(\.description) == ["08:00-12:00"])
        #expect(policy.version.count == 12)
        #expect(policy.version == (try EscalationPolicy(text: Self.text, name: "q.yaml")).version)
        #expect(policy.version != (try EscalationPolicy(text: Self.text + "\n", name: "p.yaml")).version)
    }

    @Test(arguments: [
        ("version: 1", "version: 2", ["p.yaml:1: version: expected a number from 1 to 1, found `2`"]),
        (
            "    title: Last", "    titel: Last",
            [
                "p.yaml:46: rules[7].title: expected a text, found nothing", "p.yaml:47: rules[7].titel: expected `title`, found an unknown key"
            ]
        ),
        ("tier: 1\n", "tier: 4\n", ["p.yaml:34: rules[4].then.tier: expected a number from 1 to 3, found `4`"]),
        ("tier: 1\n", "tier: 0\n", ["p.yaml:34: rules[4].then.tier: expected a number from 1 to 3, found `0`"]),
        ("below: 0.5", "below: 1.5", ["p.yaml:32: rules[4].when.confidence.below: expected a number from 0.2 to 1.0, found `1.5`"]),
        ("below: 0.5", "below: 0.1", ["p.yaml:32: rules[4].when.confidence.below: expected a number from 0.2 to 1.0, found `0.1`"]),
        (
            "at_least: 2", "at_lest: 2",
            [
                "p.yaml:26: rules[3].when.failed_attempts.at_least: expected a number from 1 to 20, found nothing",
                "p.yaml:26: rules[3].when.failed_attempts.at_lest: expected `at_least`, found an unknown key"
            ]
        ),
        (
            "at_least: high", "at_least: hihg",
            [
                "p.yaml:14: rules[1].when.severity.at_least: expected one of `low`, `medium`, `high`, `critical`, found `hihg`"
            ]
        ),
        ("notify: [desk]", "notify: [dsk]", ["p.yaml:49: rules[7].then.notify[0]: expected `desk`, found `dsk`"]),
        ("persona: [operator]", "category: [vnp]", ["p.yaml:48: rules[7].when.category[0]: expected `vpn`, found `vnp`"]),
        (
            "persona: [operator]", "guardrails: [escalation_suppression]",
            [
                "p.yaml:48: rules[7].when.guardrails[0]: expected one of `logging_tampering`, `hide_activity`, `host_access`, `destructive_all`, `prompt_injection`, `secret_request`, found `escalation_suppression`"
            ]
        ),
        ("id: last", "id: failed", ["p.yaml:46: rules[7].id: expected an id of its own, found `failed`, which line 22 has"]),
        ("id: last", "id: Last", ["p.yaml:46: rules[7].id: expected small letters, digits, `-` and `_`, found `Last`"]),
        (
            "within: 30m", "within: 30",
            [
                "p.yaml:20: rules[2].when.similar_tickets.within: expected a duration from 1m to 24h, as `30s`, `15m`, `8h` or `3d`, found `30`"
            ]
        ),
        (
            "after_at_most: 30s", "after_at_most: 10m",
            [
                "p.yaml:35: rules[4].then.after_at_most: expected a duration from 1s to 5m, as `30s`, `15m`, `8h` or `3d`, found `10m`"
            ]
        ),
        (
            "persona: [operator]", "state: [closed]",
            [
                "p.yaml:48: rules[7].when.state: expected states of open tickets, the only ones that rules look at, found `closed`"
            ]
        ),
        (
            "persona: [operator]", "tier: {at_least: 2, at_most: 1}",
            [
                "p.yaml:48: rules[7].when.tier: expected `at_least` not above `at_most`, found a condition that no ticket meets"
            ]
        ),
        (
            "persona: [operator]", "severity: {at_least: low}",
            [
                "p.yaml:48: rules[7].when.severity: expected a condition that some ticket does not meet, found one that all meet: leave it out"
            ]
        ),
        ("persona: [operator]", "", ["p.yaml:48: rules[7].when: expected at least one condition, found none"]),
        (
            "persona: [operator]", "failed_attempts: {at_least: 2}",
            [
                "p.yaml:48: rules[7].when: expected a condition of its own: put the effects of both into one rule, found that of `failed`, line 22"
            ]
        ),
        (
            "{notify: [desk]}", "{open_incident: false}",
            [
                "p.yaml:49: rules[7].then: expected `tier`, `severity`, `open_incident`, `notify` or `stop`, found no effect"
            ]
        ),
        (
            "{notify: [desk]}", "{open_incident: true}",
            [
                "p.yaml:49: rules[7].then.open_incident: expected a condition `similar_tickets`, which says whose incident it is, found none"
            ]
        ),
        (
            "persona: [operator]}\n    then: {notify: [desk]}", "tier: {at_least: 2}}\n    then: {tier: 1}",
            [
                "p.yaml:49: rules[7].then.tier: expected a tier of at least 2, which its tickets have, found `1`: tiers only rise"
            ]
        ),
        (
            "persona: [operator]}\n    then: {notify: [desk]}", "guardrails: [host_access]}\n    then: {stop: true}",
            [
                "p.yaml:49: rules[7].then.stop: expected no `stop` for a condition on guardrails: what a requester writes switches no rule off, found `true`"
            ]
        ),
        (
            "    then: {notify: [desk]}", "    then: {notify: [desk], after_at_most: 9s}",
            [
                "p.yaml:49: rules[7].then.after_at_most: expected a condition that the model can change: `confidence`, `answer_grounded` or `language_supported`, found none"
            ]
        ),
        (
            "      failed_attempts: {at_least: 2}\n    then: {tier: 2}",
            "      failed_attempts: {at_least: 2}\n    then: {tier: 2, after_at_most: 9s}",
            [
                "p.yaml:27: rules[3].then.after_at_most: expected no wait: safety rules never wait, found a condition on `failed_attempts`"
            ]
        ),
        (
            "    title: Unsure\n    final: true\n", "    title: Unsure\n",
            [
                "p.yaml:3: rules: expected a final rule that escalates a category that is hardly more than a guess (`confidence: {below: 0.45}`), found none"
            ]
        ),
        (
            "at_least: 2", "at_least: 3",
            [
                "p.yaml:3: rules: expected a final rule that escalates a ticket whose documented steps failed twice (`failed_attempts: {at_least: 2}`), found none"
            ]
        ),
        (
            "at_least: high", "at_least: critical",
            [
                "p.yaml:3: rules: expected a final rule that escalates a ticket of high or critical severity (`severity: {at_least: high}`), found none"
            ]
        ),
        (
            "host_access, ", "",
            [
                "p.yaml:3: rules: expected a final rule that escalates a refused request of the kind `host_access` (`guardrails: [host_access]`), found none"
            ]
        ),
        (
            ", open_incident: true", "",
            [
                "p.yaml:3: rules: expected a final rule that escalates the same blocking problem reported by ten people in 15 minutes, and opens an incident (`similar_tickets`), found none"
            ]
        ),
        (
            "when: {answer_grounded: false}", "when: {answer_grounded: false, persona: [trainee]}",
            [
                "p.yaml:3: rules: expected a final rule that escalates an answer that no article supports (`answer_grounded: false`), found none"
            ]
        ),
        (
            "Europe/Berlin", "Europe/Nowhere",
            [
                "p.yaml:51: calendar.zone: expected a time zone such as `Europe/Berlin` or `UTC`, found `Europe/Nowhere`"
            ]
        ),
        (
            "    monday: [08:00-12:00, 13:00-17:00]", "    {}",
            ["p.yaml:52: calendar.week: expected hours on at least one day, found a week without working time"]
        ),
        (
            "13:00-17:00", "11:00-17:00",
            [
                "p.yaml:53: calendar.week.monday[1]: expected hours that do not overlap, found `11:00-17:00` beside `08:00-12:00`"
            ]
        ),
        (
            "13:00-17:00", "17:00-13:00",
            [
                "p.yaml:53: calendar.week.monday[1]: expected hours as `08:00-17:00`, the end after the start, found `17:00-13:00`"
            ]
        ),
        ("monday:", "mondy:", ["p.yaml:53: calendar.week.mondy: expected `monday`, found an unknown key"]),
        ("[2026-12-25]", "[2026-02-29]", ["p.yaml:54: calendar.holidays[0]: expected a day as `2026-12-24`, found `2026-02-29`"]),
        (
            "resolution: 4h", "resolution: 5m",
            [
                "p.yaml:64: sla.targets.critical.resolution: expected at least the first response's 15m, found `5m`"
            ]
        ),
        ("warn_at: 0.75", "warn_at: 75", ["p.yaml:58: sla.warn_at: expected a number from 0.1 to 0.99, found `75`"]),
        (
            "[waiting_requester]", "[new]",
            [
                "p.yaml:59: sla.pause_in: expected states in which an open ticket waits: `waiting_requester`, `on_hold`, found `new`"
            ]
        )
    ])
    func `a mistake is told with its line`(old: String, new: String, messages: [String]) {
        #expect(Self.text.contains(old))
        #expect(Self.problems(Self.text.replacing(old, with: new, maxReplacements: 1)) == messages)
    }

    @Test func `of what is long the beginning is told, and the rest of the sentence`() {
        let long = String(repeating: "w", count: 200)
        let shown = long.prefix(120) + "…"
        #expect(
            Self.problems(Self.text.replacing("[2026-12-25]", with: "[\(long), \(long)]")).last
                == "p.yaml:54: calendar.holidays[1]: expected each element once, found `\(shown)`, which line 54 has")
        let keys = (1...7).map { "\($0)\(long): x\n" }.joined()
        let found = Self.problems(keys + keys)
        #expect(found.count == 1 && found[0].hasSuffix(" and 2 more twice as key in one mapping"), "\(found)")
    }

    @Test func `a rule behind a stop for the same tickets is unreachable, a final one is not`() {
        let stop = "  - {id: stop, title: S, when: {persona: [operator, admin]}, then: {stop: true}}\n  - id: last"
        let blocked = Self.text.replacing("  - id: last", with: stop)
        #expect(
            Self.problems(blocked) == [
                "p.yaml:49: rules[8].when: expected tickets that reach the rule, or `final: true`, found only such as `stop`, line 46, stops"
            ])
        #expect(Self.problems(blocked.replacing("title: Last", with: "title: Last\n    final: true")) == [])
        #expect(Self.problems(blocked.replacing("persona: [operator]", with: "persona: [operator, trainee]")) == [])
    }

    @Test func `several mistakes are told at once, in the order of the lines`() {
        let broken = Self.text.replacing("warn_at: 0.75", with: "warn_at: 2").replacing("below: 0.5", with: "below: x")
            .replacing("[security]", with: "[nobody]")
        do {
            _ = try EscalationPolicy(text: broken, name: "p.yaml")
            Issue.record("the file was accepted")
        } catch {
            #expect(error.problems.map(\.line) == [9, 32, 58])
            #expect(error.problems.map(\.code) == [.unknownReference, .invalid, .invalid])
        }
    }

    @Test(arguments: ["", "- a list", "version: [1", "version: 1\nversion: 1\n", "just text", "version: 1", "rules: {}\nsla: []"])
    func `what is no policy is refused`(text: String) {
        #expect(throws: InvalidPolicy.self) { try EscalationPolicy(text: text, name: "p.yaml") }
    }
}
