import ArgumentParser
import Domain
import Foundation
import Kafka
import Launch
import Logging
import Messaging
import Postgres
import Stores
import WorkerLaunch

struct VerifyCommand: AsyncParsableCommand {
    static let keys: [any DeclaredKey] = keysWithoutWaiting + KafkaKeys.all
    /// Only waiting asks Kafka.
    static let keysWithoutWaiting: [any DeclaredKey] = CommonKeys.logging + DatabaseKeys.all + [MetricsWorker.factsRetention]

    static let configuration = CommandConfiguration(
        commandName: "verify", abstract: "Count every metric again from the tables, and compare with facts and rollups.",
        discussion: """
            Ends with 0 when all agree, with 65 when something differs. While the pipeline works, what was stored a moment ago is not counted yet: \
            give --wait, which alone needs Kafka, or --until.

            """ + settingsHelp(for: keys))

    @Option(help: "Only from this day on (UTC), such as 2026-11-01.") var from: String?
    @Option(help: "Only what happened before this instant, such as 2026-11-22T18:00:00Z, cut to the whole hour.") var until: String?
    @Option(help: "First wait until everything stored is counted, this many seconds at most.") var wait: Int?
    @Flag(help: "As JSON, times as RFC 3339.") var json = false
    @OptionGroup var options: CommonOptions

    func run() async throws {
        let from = try from.map { text in
            guard let day = RFC3339Day.date(text) else { throw ValidationError("--from: expected a day such as 2026-11-01, found '\(text)'") }
            return day
        }
        let until = try until.map { text in
            guard let instant = RFC3339.date(text) else {
                throw ValidationError("--until: expected a date-time such as 2026-11-22T18:00:00Z, found '\(text)'")
            }
            return instant
        }
        if let wait, wait < 1 { throw ValidationError("--wait: expected a number of seconds of at least 1, found \(wait)") }
        let result = try await DatabaseTool.with(options, keys: wait == nil ? Self.keysWithoutWaiting : Self.keys) { pool, configuration in
            if let wait { try await Self.waitUntilQuiet(pool, configuration, limit: .seconds(wait)) }
            let oldest = HousekeepingRound.oldestDay(now: Date(), retention: configuration[MetricsWorker.factsRetention])
            return try await MetricVerification(pool).run(from: from, until: until, factsFrom: oldest)
        }
        print(json ? try DatabaseTool.json(result) : VerificationText.render(result))
        if !result.differences.isEmpty { throw ExitCode(65) }
    }

    /// Everything that is committed is counted once the outbox is empty and the topic is read: in this order, since a row leaves the outbox only when it
    /// is on the topic.
    static func waitUntilQuiet(_ pool: ConnectionPool, _ configuration: LaunchConfiguration, limit: Duration) async throws {
        let kafka = KafkaSettings(brokers: configuration[KafkaKeys.brokers], properties: configuration[KafkaKeys.properties])
        let admin = try KafkaAdmin(settings: kafka, logger: Logger(label: "metrics-worker"))
        let deadline = ContinuousClock.now + limit
        do {
            while true {
                let outbox = try await PipelineDepths.now(pool).outboxRows
                let lag = try await admin.lag(group: WorkerProcess.group(of: MetricsWorker.consumer), topics: [Topics.metrics]).values.reduce(0, +)
                if outbox == 0 && lag == 0 { break }
                guard ContinuousClock.now < deadline else {
                    throw ExitReason.unavailable(
                        "not quiet within \(limit): \(outbox) events not published, \(lag) not counted",
                        next: "see that metrics-worker runs, or wait longer with --wait")
                }
                try await Task.sleep(for: .milliseconds(250))
            }
        } catch {
            await admin.close()
            throw error
        }
        await admin.close()
    }
}

/// The outcome of a verification for people, in plain text.
enum VerificationText {
    static func render(_ result: MetricVerification.Result) -> String {
        var lines: [String] = []
        let wrong = Set(result.differences.map(\.metric))
        for (metric, count) in result.recounted.sorted(by: { $0.key < $1.key }) {
            lines.append("\(wrong.contains(metric) ? "DIFFERS" : "ok     ")  \(metric): \(count) in the tables")
        }
        for metric in result.notRecounted { lines.append("-        \(metric): not recounted") }
        if !result.differences.isEmpty {
            lines.append("")
            lines += TextTable.lines(
                ["Metric", "found in", "from", "detail", "expected", "found", "expected sum", "found sum"],
                result.differences.map { difference in
                    [
                        difference.metric, difference.witness.rawValue, RFC3339.string(difference.bucket), difference.detail,
                        "\(difference.expectedCount)", "\(difference.foundCount)", "\(difference.expectedSum)", "\(difference.foundSum)"
                    ]
                }, empty: "")
            if result.hasMore { lines.append("and more: the list of a metric ends after \(MetricVerification.differenceLimit)") }
        }
        lines.append("")
        lines.append(
            result.differences.isEmpty
                ? "All \(result.recounted.count) recounted metrics agree." : "\(wrong.count) of \(result.recounted.count) recounted metrics differ.")
        return lines.joined(separator: "\n")
    }
}
