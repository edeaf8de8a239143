import Foundation
import Postgres
import Testing

@testable import HelpdeskLocal

extension EndToEndTests {
    /// The commands as a person types them.
    struct Commands: Sendable {
        let directory = LocalDirectory("\(NSTemporaryDirectory())/helpdesk-up-\(UUID().uuidString.prefix(8))")
        let executables: Executables

        init() throws { executables = try Executables.find() }

        func program(_ arguments: String...) -> Program {
            Program(
                path: executables.helpdesk, arguments: arguments + ["--directory", directory.path],
                environment: ["PATH": "/usr/bin:/bin", "HOME": NSTemporaryDirectory(), "TMPDIR": NSTemporaryDirectory()])
        }

        func run(_ arguments: String...) async throws -> (end: ProcessEnd, output: String) { try await run(arguments) }

        func run(_ arguments: [String]) async throws -> (end: ProcessEnd, output: String) {
            var program = program()
            program.arguments = arguments + ["--directory", directory.path]
            return try await program.run()
        }

        /// Starts `up` and waits until it says where to look.
        func up() async throws -> ProcessIdentity {
            try directory.create()
            var program = program(
                "up", "--http-port", "0", "--feed", "120", "--rate", "60", "--configuration", executables.configuration, "--articles",
                executables.articles)
            let log = directory.path + "/up.txt"
            unlink(log)
            program.log = log
            let identity = try program.start { _ in }
            let isUp = await eventually(.seconds(60)) {
                FileManager.default.contents(atPath: log).map { String(decoding: $0, as: UTF8.self).contains("Where to look") } ?? false
            }
            let text = FileManager.default.contents(atPath: log).map { String(decoding: $0, as: UTF8.self) } ?? ""
            #expect(isUp, "\(text)")
            if !isUp { RigLogs.show(directory) }
            #expect(text.contains("curl -s") && text.contains("Bearer hdk_") && text.contains("because") && text.contains("helpdesk torture"))
            for stop in ["submitted", "classified", "answered", "escalated", "measured", "all of it could be read"] {
                #expect(text.contains(stop), "\(text)")
            }
            #expect(!text.contains("not yet"), "\(text)")
            return identity
        }
    }

    @Test("up, status, env, scale, a second up, verify, down", .timeLimit(.minutes(6)))
    func commands() async throws {
        let commands = try Commands()
        let parent = try await commands.up()
        defer { try? FileManager.default.removeItem(atPath: commands.directory.path) }
        let stack = try #require(StackState.read(commands.directory)?.stack)

        var status = try await commands.run("status")
        #expect(status.end == .code(0), "\(status.output)")
        for word in ["postgres", "ingest", "classifier-worker-1", "escalation-worker-1", "metrics-worker-1", "ready"] {
            #expect(status.output.contains(word), "\(status.output)")
        }
        // Offsets are committed once a second, so what was handled just now may still count as unread.
        let isRead = await eventually(.seconds(60)) {
            guard let now = try? await commands.run("status") else { return false }
            status = now
            return now.output.contains("triage 0, escalation 0, metrics 0")
        }
        #expect(isRead, "\(status.output)")
        let env = try await commands.run("env")
        for name in ["KAFKA_BROKERS", "DATABASE_URL", "GATEWAY_URL", "GATEWAY_KEY"] { #expect(env.output.contains("export \(name)='")) }

        let second = try await commands.run("up", "--http-port", "0")
        #expect(second.end == .code(69))
        #expect(second.output.contains("already_running") && second.output.contains("process \(parent.pid)"))
        #expect(parent.isAlive)

        for words in [["2"], ["escalation", "2"], ["metrics-worker", "0"], ["metrics", "1"]] {
            let scale = try await commands.run(["scale"] + words)
            #expect(scale.end == .code(0), "\(scale.output)")
        }
        let scaled = try #require(StackState.read(commands.directory))
        #expect(scaled.workers == WorkerCounts(classifier: 2, escalation: 2, metrics: 1))
        #expect(
            scaled.processes.map(\.name).suffix(5) == [
                "classifier-worker-1", "escalation-worker-1", "classifier-worker-2", "escalation-worker-2", "metrics-worker-2"
            ])
        let feed = try await commands.run("feed", "--count", "100", "--duplicates", "0.1", "--poison", "0.05")
        #expect(feed.end == .code(0), "\(feed.output)")
        let verify = try await commands.run("verify")
        #expect(verify.end == .code(0), "\(verify.output)")
        #expect(verify.output.contains("all invariants hold"))

        // A ticket that vanishes is noticed, and the exit code says so.
        let state = try #require(StackState.read(commands.directory))
        _ = try await PrivateCluster.withPool(state.databaseURL) { pool in
            try await pool.execute(
                "UPDATE helpdesk.tickets SET version = 0 WHERE id = (SELECT id FROM helpdesk.tickets WHERE version > 0 AND source = '/sample-feed' LIMIT 1)"
            )
        }
        let broken = try await commands.run("verify", "--wait", "5")
        #expect(broken.end == .code(65), "\(broken.output)")
        #expect(broken.output.contains("BROKEN  lost tickets"))

        let down = try await commands.run("down")
        #expect(down.end == .code(0), "\(down.output)")
        #expect(!parent.isAlive)
        #expect(await eventually(.seconds(40)) { ProcessIdentity.carrying(Watchdog.mark, stack).isEmpty })
        #expect(StackState.read(commands.directory) == nil)
        #expect(try await commands.run("status").end == .code(69))
    }

    @Test("kill -9 of helpdesk leaves no process behind, and the next up clears what it left", .timeLimit(.minutes(6)))
    func killedParent() async throws {
        let commands = try Commands()
        let parent = try await commands.up()
        defer { try? FileManager.default.removeItem(atPath: commands.directory.path) }
        let stack = try #require(StackState.read(commands.directory)?.stack)
        #expect(ProcessIdentity.carrying(Watchdog.mark, stack).count >= 6)
        let cluster = try FileManager.default.destinationOfSymbolicLink(atPath: commands.directory.cluster)
        #expect(parent.signal(SIGKILL))
        #expect(await eventually(.seconds(60)) { ProcessIdentity.carrying(Watchdog.mark, stack).isEmpty })

        let again = try await commands.up()
        #expect(!FileManager.default.fileExists(atPath: cluster))
        let verify = try await commands.run("verify")
        #expect(verify.end == .code(0), "\(verify.output)")
        if verify.end != .code(0) { RigLogs.show(commands.directory) }
        // Control-C at the terminal.
        let next = try #require(StackState.read(commands.directory)?.stack)
        #expect(again.signal(SIGINT))
        #expect(await eventually(.seconds(40)) { !again.isAlive && ProcessIdentity.carrying(Watchdog.mark, next).isEmpty })
        #expect(StackState.read(commands.directory) == nil)
    }
}
