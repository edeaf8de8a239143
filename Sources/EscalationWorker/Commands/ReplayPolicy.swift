import ArgumentParser
import Domain
import Foundation
import Launch
import Logging
import Policy
import Postgres
import Stores

/// Tells what a policy would have decided about the tickets of the past.
struct ReplayPolicy: AsyncParsableCommand {
    static let keys: [any DeclaredKey] = CommonKeys.logging + DatabaseKeys.all + [EscalationWorker.taxonomy]
    private static let page = 500
    private static let shown = 50

    static let configuration = CommandConfiguration(
        commandName: "replay-policy",
        abstract: "Run a candidate policy over stored decisions and print what would have changed.",
        discussion: """
            Reads the database and changes nothing. Each decision is made again from the facts that were recorded with it; the report counts \
            decisions, escalations and rules, then and under the candidate, and names the first \(shown) tickets that differ.

              escalation-worker replay-policy candidate.yaml --since 2026-11-01 --database-url postgresql://...

            \(settingsHelp(for: keys))
            """)

    @Argument(help: "The candidate.") var file: String
    @Option(help: "Only decisions from this day or instant on, for instance 2026-11-01 or 2026-11-01T08:00:00Z.") var since: String?
    @OptionGroup var options: CommonOptions

    func run() async throws {
        let configuration = try options.load(keys: Self.keys, tolerated: EscalationWorker.keys)
        configuration.startLogging()
        let start = try Self.instant(since)
        let policy: EscalationPolicy
        do {
            policy = try PolicyReading.policy(
                at: file, named: "FILE", categories: PolicyReading.categories(at: configuration[EscalationWorker.taxonomy]))
        } catch let invalid as InvalidPolicy {
            FileHandle.standardError.write(Data((invalid.description + "\n").utf8))
            throw CheckPolicy.mistakes
        }
        let pool = ConnectionPool(settings: try PostgresSettings(url: configuration[DatabaseKeys.url]), logger: Logger(label: "replay-policy"))
        do {
            print(try await Self.report(policy, EscalationQueries(pool), since: start))
        } catch {
            await pool.close()
            throw error
        }
        await pool.close()
    }

    /// Page by page: a history has any length.
    static func report(_ policy: EscalationPolicy, _ queries: EscalationQueries, since start: Date) async throws -> ReplayReport {
        var report = policy.replay(over: [])
        var last: StoredDecision?
        repeat {
            let rows = try await queries.decisions(since: start, after: last, limit: page)
            let records = try rows.map { row in
                RecordedDecision(
                    facts: try JSONDecoder().decode(PolicyFacts.self, from: Data(row.facts)),
                    decision: try JSONDecoder().decode(PolicyDecision.self, from: Data(row.decision)))
            }
            report.append(policy.replay(over: records), keeping: shown)
            last = rows.count == page ? rows.last : nil
        } while last != nil
        return report
    }

    static func instant(_ text: String?) throws -> Date {
        guard let text else { return Date(timeIntervalSince1970: 0) }
        guard let date = RFC3339.date(text) ?? RFC3339.date(text + "T00:00:00Z") else {
            throw ExitReason.usage("--since: expected a day or an RFC 3339 instant, found '\(text)'", next: "Write it as 2026-11-01.")
        }
        return date
    }
}
