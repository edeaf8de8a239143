import ArgumentParser
import Foundation

/// `helpdesk status`.
struct StatusCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status", abstract: "Show processes, pids, ports, health, lag and counts. Exit code 69 when something is down.")

    @OptionGroup var options: DirectoryOptions

    func run() async throws {
        let (state, logger) = try options.running()
        let source = try SnapshotSource(state.addresses, logger: logger)
        let snapshot = await source.look(state.processes)
        await source.close()
        print("stack    \(state.stack), process \(state.parent.pid), \(state.isReady ? "ready" : "starting")")
        print("gateway  \(state.gatewayURL)")
        print("broker   \(state.brokers)\(state.isBrokerEmbedded ? " (embedded)" : "")")
        if let model = state.model { print("model    \(model)") }
        print("database \(state.isDatabasePrivate ? state.databaseURL : "the one in DATABASE_URL")")
        print("")
        print("\("process".padded(to: 24))\("pid".padded(to: 9))\("port".padded(to: 7))\("restarts".padded(to: 10))health")
        var isWell = state.isReady
        for row in state.processes {
            let health = await Self.health(row)
            isWell = isWell && health == "ready"
            let pid = (row.identity.map { "\($0.pid)" } ?? "-").padded(to: 9)
            print("\(row.name.padded(to: 24))\(pid)\((row.port.map { "\($0)" } ?? "-").padded(to: 7))\("\(row.restarts)".padded(to: 10))\(health)")
        }
        print("")
        for line in LiveView.block(snapshot, since: nil, nil, elapsed: .zero).dropFirst().dropLast() { print(line) }
        if !isWell || snapshot.lags == nil || snapshot.counts == nil { throw ExitCode(69) }
    }

    private static func health(_ row: ProcessRow) async -> String {
        guard let identity = row.identity, identity.isAlive else { return row.state == .running ? "ended" : row.state.rawValue }
        guard row.name != "postgres", let port = row.port else { return "ready" }
        switch await HTTPProbe.status("http://127.0.0.1:\(port)/readyz") {
        case 200: return "ready"
        case let code?: return "not ready (\(code))"
        case nil: return "does not answer"
        }
    }
}
