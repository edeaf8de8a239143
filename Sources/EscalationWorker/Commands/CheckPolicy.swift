import ArgumentParser
import Domain
import Foundation
import Launch
import Policy

/// Tells what is wrong with a policy file before it is used.
struct CheckPolicy: AsyncParsableCommand {
    /// sysexits(3), EX_DATAERR: the input was wrong, not the call.
    static let mistakes = ExitCode(65)
    static let keys: [any DeclaredKey] = [EscalationWorker.taxonomy]

    static let configuration = CommandConfiguration(
        commandName: "check-policy",
        abstract: "Check a policy file: every mistake with its line, or the version and the rules.",
        discussion: """
            Needs neither Kafka nor a database. Ends with 0 when the file can be used, 65 when it has mistakes, 64 when it cannot be read.
            Rules are checked against each other too: one that can never fire, one that weakens a rule that nobody may leave out.

              escalation-worker check-policy deploy/config/escalation-policy.yaml

            \(settingsHelp(for: keys))
            """)

    @Argument(help: "The policy file.") var file: String
    @OptionGroup var options: CommonOptions

    func run() async throws {
        let configuration = try options.load(keys: Self.keys, tolerated: EscalationWorker.keys)
        let categories = try PolicyReading.categories(at: configuration[EscalationWorker.taxonomy])
        do {
            let policy = try PolicyReading.policy(at: file, named: "FILE", categories: categories)
            print(Self.summary(of: policy, file: file))
        } catch let invalid as InvalidPolicy {
            FileHandle.standardError.write(Data((invalid.description + "\n").utf8))
            throw Self.mistakes
        }
    }

    static func summary(of policy: EscalationPolicy, file: String) -> String {
        let rules = policy.rules.map { rule in
            var effects: [String] = []
            if let tier = rule.tier { effects.append("tier \(tier.rawValue)") }
            if let severity = rule.severity { effects.append("severity \(severity.rawValue)") }
            if rule.opensIncident { effects.append("incident") }
            if !rule.notify.isEmpty { effects.append("tells \(rule.notify.joined(separator: " "))") }
            if let wait = rule.afterAtMost { effects.append("lets the model speak first for \(wait) s") }
            if rule.stops { effects.append("stops") }
            return "  \(rule.id)\(rule.isFinal ? " (final)" : ""): \(effects.joined(separator: ", "))"
        }
        return "\(file) is fine: version \(policy.version), \(policy.rules.count) rules\n" + rules.joined(separator: "\n")
    }
}
