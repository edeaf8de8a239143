import Foundation
import Testing

@testable import HelpdeskLocal

@Suite("Watchdog and leftovers", .timeLimit(.minutes(1)))
struct WatchdogTests {
    @Test("it ends what it was told of and what carries the mark, and nobody else")
    func ends() async throws {
        let stack = UUID().uuidString
        let told = try Program.shell("exec sleep 100").start { _ in }
        let marked = try Program.shell("exec sleep 100", environment: [Watchdog.mark: stack]).start { _ in }
        let deaf = try Program.shell("trap '' TERM; while true; do sleep 1; done", environment: [Watchdog.mark: stack]).start { _ in }
        let bystander = try Program.shell("exec sleep 100", environment: [Watchdog.mark: "another"]).start { _ in }
        defer { bystander.signal(SIGKILL) }
        // The shell has set its trap once it runs its loop.
        #expect(await eventually { ProcessIdentity.carrying(Watchdog.mark, stack).count >= 3 })
        await Watchdog(stack: stack, patience: .milliseconds(500)).end([told: ("a", SIGTERM)])
        #expect(await eventually { !told.isAlive && !marked.isAlive && !deaf.isAlive })
        #expect(bystander.isAlive)
    }

    @Test("messages survive the pipe", arguments: [SIGTERM, SIGINT])
    func messages(stopSignal: Int32) throws {
        let identity = try #require(ProcessIdentity(of: getpid()))
        let message = Watchdog.Message.guarding(name: "a", identity, stopSignal: stopSignal)
        #expect(message.line.last == UInt8(ascii: "\n"))
        #expect(try JSONDecoder().decode(Watchdog.Message.self, from: message.line) == message)
    }

    @Test("the state of a stack that was killed is recognised and cleared")
    func leftovers() async throws {
        let directory = try TestDirectory()
        defer { directory.remove() }
        let parent = try Program.shell("exec sleep 100").start { _ in }
        let child = try Program.shell("exec sleep 100").start { _ in }
        var state = StackState(
            stack: UUID().uuidString, parent: parent, startedAt: Date(), brokers: "b", isBrokerEmbedded: true, databaseURL: "d",
            isDatabasePrivate: true, gatewayURL: "g", apiKey: "k", partitions: 1, model: nil, workers: WorkerCounts(), isReady: true,
            processes: [ProcessRow(name: "ingest", state: .running, identity: child, port: nil, restarts: 0, log: nil)])
        try state.write(directory.local)
        #expect(try StackState.ofRunningStack(directory.local).stack == state.stack)

        parent.signal(SIGKILL)
        #expect(await eventually { !parent.isAlive })
        let error = #expect(throws: LocalError.self) { try StackState.ofRunningStack(directory.local) }
        #expect(error?.code == "not_running")
        await Leftovers(directory: directory.local).clear { _ in }
        #expect(!child.isAlive)
        #expect(StackState.read(directory.local) == nil)

        state.apiKey = "secret"
        try state.write(directory.local)
        let mode = try FileManager.default.attributesOfItem(atPath: directory.local.state)[.posixPermissions] as? Int
        #expect(mode == 0o600)
    }

    @Test("a directory has one owner at a time")
    func lock() throws {
        let directory = try TestDirectory()
        defer { directory.remove() }
        var first = try directory.local.takeLock()
        #expect(first != nil)
        #expect(try directory.local.takeLock() == nil)
        first = nil
        #expect(try directory.local.takeLock() != nil)
    }
}
