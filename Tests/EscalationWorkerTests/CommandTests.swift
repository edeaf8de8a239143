import ArgumentParser
import Domain
import Foundation
import Launch
import Policy
import Testing

@testable import EscalationWorker

@Suite("escalation-worker's command line")
struct CommandTests {
    @Test func `help names the commands`() {
        let help = EscalationWorkerCommand.helpMessage(columns: 140)
        for command in ["run", "check-policy", "replay-policy", "dead-letters"] { #expect(help.contains(command)) }
    }

    @Test func `a policy that is fine is summed up`() throws {
        let policy = try shippedPolicy()
        let summary = CheckPolicy.summary(of: policy, file: "p.yaml")
        #expect(summary.hasPrefix("p.yaml is fine: version \(policy.version), 9 rules\n"))
        #expect(summary.contains("  several-people (final): tier 2, severity high, incident, tells on_call"))
    }

    @Test func `a rule about a category that the taxonomy lacks is a mistake`() throws {
        let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../deploy/config").standardized
        let categories = try PolicyReading.categories(at: folder.appending(path: "taxonomy.yaml").path)
        let path = folder.appending(path: "escalation-policy.yaml").path
        _ = try PolicyReading.policy(at: path, named: "FILE", categories: categories)
        #expect(throws: InvalidPolicy.self) { try PolicyReading.policy(at: path, named: "FILE", categories: ["vpn"]) }
        #expect(throws: ExitReason.self) { try PolicyReading.policy(at: "/nowhere", named: "FILE", categories: nil) }
    }

    @Test func `since is a day or an instant`() throws {
        #expect(try ReplayPolicy.instant("2026-11-02") == noon - 12 * 3600)
        #expect(try ReplayPolicy.instant("2026-11-02T12:00:00Z") == noon)
        #expect(try ReplayPolicy.instant(nil).timeIntervalSince1970 == 0)
        #expect(throws: ExitReason.self) { try ReplayPolicy.instant("yesterday") }
    }
}
