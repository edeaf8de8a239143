import Foundation
import Logging
import Postgres
import Testing

@testable import HelpdeskLocal

/// A whole stack for one test: real processes, a real PostgreSQL with fsync, the embedded broker over TCP.
struct Rig: Sendable {
    let stack: Stack
    let directory: LocalDirectory
    let addresses: StackAddresses
    let logger: Logger

    /// Starts one, runs `body`, ends it, whatever happened. Its logs stay when the test failed.
    static func run(
        model: ModelChoice? = nil, workerEnvironment: [String: String] = [:], databaseURL: String? = nil, _ body: (Rig) async throws -> Void
    ) async throws {
        let directory = LocalDirectory("\(NSTemporaryDirectory())/helpdesk-e2e-\(UUID().uuidString.prefix(8))")
        var options = StackOptions()
        options.model = model
        options.databaseURL = databaseURL
        options.httpPort = 0
        options.workerEnvironment = workerEnvironment
        let logger = Logger(label: "rig") { _ in SwiftLogNoOpLogHandler() }
        let stack = Stack(options: options, directory: directory, executables: try Executables.find(), logger: logger)
        do {
            try await stack.start()
            let addresses = try #require(await stack.addresses)
            try await body(Rig(stack: stack, directory: directory, addresses: addresses, logger: logger))
            await stack.stop()
            try? FileManager.default.removeItem(atPath: directory.path)
        } catch {
            RigLogs.show(directory)
            await Task { await stack.stop() }.value
            throw error
        }
    }

    func feeder() throws -> Feeder {
        Feeder(addresses, log: try AcknowledgedLog(directory.acknowledged), logger: logger)
    }

    /// Waits until everything is done, then insists on every invariant.
    @discardableResult
    func verify(within limit: Duration = .seconds(300)) async throws -> Evidence {
        let isQuiet = try await Verifier.waitUntilQuiet(addresses, within: limit, logger: logger)
        let evidence = try await Evidence.gather(addresses, log: directory, logger: logger)
        let verifier = Verifier(evidence)
        let verdict = verifier.verdict()
        // By itself, or a failure prints every breach that there is.
        let isKept = verdict.hold
        if !isKept || !isQuiet { RigLogs.show(directory) }
        #expect(isQuiet, "still busy after \(limit)")
        #expect(isKept, "\(verifier.summary)\n\(verdict.table)")
        return evidence
    }

    func processes() async -> [ProcessRow] { await stack.supervisor.table }

    /// Events that a worker has finished one way or another, but for those that it had finished before.
    func handled(by process: String) async -> Double {
        let applied = await metric("helpdesk_events_total", #"outcome="applied""#, of: process) ?? 0
        return await applied + (metric("helpdesk_events_total", #"outcome="ignored""#, of: process) ?? 0)
    }

    func scalar(_ sql: SQL) async throws -> Int64 {
        try await PrivateCluster.withPool(addresses.databaseURL) { try await $0.query(sql).scalar(Int64.self) }
    }

    /// The sum of a metric's series whose labels hold `label`, asked of one process.
    func metric(_ name: String, _ label: String, of process: String) async -> Double? {
        guard let port = await processes().first(where: { $0.name == process })?.port,
            let text = await HTTPProbe.text("http://127.0.0.1:\(port)/metrics")
        else { return nil }
        let lines = text.split(separator: "\n").filter { $0.hasPrefix(name + "{") && $0.contains(label) }
        return lines.reduce(0) { $0 + (Double($1.split(separator: " ").last ?? "") ?? 0) }
    }
}

enum RigLogs {
    /// The ends of the logs, for the reader of a failed run.
    static func show(_ directory: LocalDirectory) {
        for name in (try? FileManager.default.contentsOfDirectory(atPath: directory.logs))?.sorted() ?? [] {
            let data = FileManager.default.contents(atPath: "\(directory.logs)/\(name)") ?? Data()
            print("--- \(name)\n\(String(decoding: data.suffix(1500), as: UTF8.self))")
        }
    }

    /// The last lines of one process's log.
    static func last(_ count: Int, of process: String, in directory: LocalDirectory) -> String {
        let text = String(decoding: FileManager.default.contents(atPath: directory.log(process)) ?? Data(), as: UTF8.self)
        return text.split(separator: "\n").suffix(count).joined(separator: "\n")
    }
}

/// Waits until `condition` holds, at most `limit`.
func eventually(_ limit: Duration, _ condition: () async throws -> Bool) async rethrows -> Bool {
    let deadline = ContinuousClock.now + limit
    while ContinuousClock.now < deadline {
        if try await condition() { return true }
        try? await Task.sleep(for: .milliseconds(50))
    }
    return try await condition()
}
