public import ArgumentParser
import Foundation
import Launch
import Logging
import Postgres
public import Stores

struct ReportCommand: AsyncParsableCommand {
    static let keys: [any DeclaredKey] = CommonKeys.logging + DatabaseKeys.all

    static let configuration = CommandConfiguration(
        commandName: "report", abstract: "The help desk's numbers of a period: tickets, first response, answers, escalations, SLA, language models.",
        discussion: "Days are days of UTC. Needs the database and nothing else.\n\n" + settingsHelp(for: keys))

    @Option(help: ArgumentHelp("\(ReportPeriod.expected).", valueName: "period")) var period = "today"
    @Option(help: "Break the tickets down by \(ReportQueries.Dimension.allCases.map(\.rawValue).joined(separator: ", ")).")
    var by: ReportQueries.Dimension?
    @Flag(help: "As JSON, times as RFC 3339.") var json = false
    @OptionGroup var options: CommonOptions

    func run() async throws {
        let now = Date()
        guard let period = ReportPeriod(period, now: now) else {
            throw ValidationError("--period: expected \(ReportPeriod.expected), found '\(period)'")
        }
        let report = try await DatabaseTool.with(options, keys: Self.keys) { pool, _ in
            try await ReportQueries(pool).report(from: period.from, until: period.until, by: by)
        }
        print(json ? try DatabaseTool.json(report) : ReportText.render(report, now: now))
    }
}

extension ReportQueries.Dimension: ExpressibleByArgument {}

/// A command that reads the database and prints.
enum DatabaseTool {
    static func with<Value: Sendable>(
        _ options: CommonOptions, keys: [any DeclaredKey], _ body: (ConnectionPool, LaunchConfiguration) async throws -> Value
    ) async throws -> Value {
        let configuration = try options.load(keys: keys, tolerated: MetricsWorker.keys)
        configuration.startLogging()
        var settings = try PostgresSettings(url: configuration[DatabaseKeys.url])
        settings.applicationName = "metrics-worker"
        let pool = ConnectionPool(settings: settings, logger: Logger(label: "metrics-worker"))
        do {
            let value = try await body(pool, configuration)
            await pool.close()
            return value
        } catch {
            await pool.close()
            throw error
        }
    }

    static func json(_ value: some Encodable) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        encoder.dateEncodingStrategy = .iso8601
        return String(decoding: try encoder.encode(value), as: UTF8.self)
    }
}
