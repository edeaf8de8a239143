import Foundation
import Testing

@testable import HelpdeskLocal

@Suite("Processes", .timeLimit(.minutes(1)))
struct ProcessTests {
    @Test("the wait after a crash doubles, is bounded, and is short again after a good life")
    func restartDelay() {
        var delay = RestartDelay()
        let soon: [Duration] = (0..<6).map { _ in delay.after(life: .milliseconds(10)) }
        #expect(soon == [.milliseconds(200), .milliseconds(400), .milliseconds(800), .milliseconds(1600), .seconds(3), .seconds(3)])
        #expect(delay.after(life: RestartDelay.goodLife) == RestartDelay.shortest)
    }

    @Test("a process is known by number and start, not by number alone")
    func identity() async throws {
        let own = try #require(ProcessIdentity(of: getpid()))
        #expect(own.isAlive)
        let data = try JSONEncoder().encode(["pid": UInt64(own.pid), "startTime": own.startTime + 1])
        let stranger = try JSONDecoder().decode(ProcessIdentity.self, from: data)
        #expect(!stranger.isAlive)
        #expect(!stranger.signal(SIGKILL))

        let child = try Program.shell("exec sleep 100").start { _ in }
        #expect(child.isAlive)
        #expect(child.signal(SIGKILL))
        #expect(await eventually { !child.isAlive })
        #expect(!child.signal(SIGTERM))
    }

    @Test("a program's end and output are reported", arguments: [("exit 3", ProcessEnd.code(3)), ("kill -9 $$", .signal(9)), ("true", .code(0))])
    func ends(command: String, expected: ProcessEnd) async throws {
        let (end, output) = try await Program.shell("echo word; " + command).run()
        #expect(end == expected)
        #expect(output == "word\n")
    }

    @Test("a missing program is an error that names it")
    func missing() {
        #expect(throws: LocalError.self) { try Program(path: "/nowhere/program").start { _ in } }
    }

    @Test("a child has none of our descriptors and no ignored signals")
    func cleanChild() async throws {
        signal(SIGPIPE, SIG_IGN)
        let pipe = Pipe()
        defer { withExtendedLifetime(pipe) {} }
        let (_, output) = try await Program.shell("ls /proc/self/fd | sort -n | tr '\\n' ' '; grep SigIgn /proc/self/status").run()
        // 3 is the directory that ls reads.
        #expect(output.hasPrefix("0 1 2 3 \n") || output.hasPrefix("0 1 2 3 SigIgn"))
        // The two above 31 belong to the C library.
        let ignored = try #require(
            output.split(separator: "SigIgn:\t").last.flatMap { UInt64($0.trimmingCharacters(in: .whitespacesAndNewlines), radix: 16) })
        #expect(ignored & 0x7FFF_FFFF == 0)
    }

    @Test("a port is free, and never PostgreSQL's own")
    func ports() throws {
        #expect(try FreePort.any() != 5432)
        #expect(try FreePort.preferring(5432) != 5432)
        let free = try FreePort.any()
        #expect(try FreePort.preferring(free) == free)
    }
}

@Suite("Supervisor", .timeLimit(.minutes(1)))
struct SupervisorTests {
    private func component(_ name: String, _ command: String, stopLimit: Duration = .seconds(5)) -> Component {
        Component(name: name, program: .shell(command), stopLimit: stopLimit, isReady: { true })
    }

    @Test("how often a process ended before says nothing about how it starts now")
    func waitsAgain() async throws {
        let supervisor = Supervisor(logger: quiet)
        let began = ContinuousClock.now
        try await supervisor.start(
            Component(
                name: "p", program: Program.shell("exec sleep 100"),
                // Not at the first look.
                isReady: { ContinuousClock.now - began > .seconds(4) }))
        for restarts in 1...3 {
            #expect(await supervisor.signal("p", SIGKILL))
            #expect(await eventually { await supervisor.table.first.map { $0.restarts == restarts && $0.state == .running } ?? false })
        }
        try await supervisor.waitUntilReady("p", within: .seconds(20))
        await supervisor.stop("p")
    }

    @Test("what ends by itself is started again, what was stopped is not")
    func restarts() async throws {
        let supervisor = Supervisor(logger: quiet)
        try await supervisor.start(component("a", "exec sleep 100"))
        let first = try #require(await supervisor.identity(of: "a"))
        #expect(await supervisor.signal("a", SIGKILL))
        #expect(
            await eventually {
                let now = await supervisor.identity(of: "a")
                return now != nil && now != first
            })
        #expect(await supervisor.table.first?.restarts == 1)
        let second = try #require(await supervisor.identity(of: "a"))
        await supervisor.stop("a")
        #expect(!second.isAlive)
        #expect(await supervisor.table.isEmpty)
    }

    @Test("what is held stays down until it is resumed")
    func holds() async throws {
        let supervisor = Supervisor(logger: quiet)
        try await supervisor.start(component("a", "exec sleep 100"))
        let first = try #require(await supervisor.identity(of: "a"))
        await supervisor.hold("a")
        #expect(!first.isAlive)
        #expect(await eventually { await supervisor.table.first?.identity == nil })
        // Longer than the wait after a crash.
        try await Task.sleep(for: RestartDelay.shortest * 2)
        #expect(await supervisor.table.first?.state == .held)
        try await supervisor.resume("a")
        #expect(await supervisor.identity(of: "a")?.isAlive == true)
        await supervisor.stop("a")
    }

    @Test("what does not end when asked is killed")
    func kills() async throws {
        let supervisor = Supervisor(logger: quiet)
        try await supervisor.start(component("deaf", "trap '' TERM; while true; do sleep 1; done", stopLimit: .milliseconds(300)))
        let identity = try #require(await supervisor.identity(of: "deaf"))
        await supervisor.stop("deaf")
        #expect(!identity.isAlive)
    }

    @Test("a component that never answers is an error with the end of its log")
    func neverReady() async throws {
        let directory = try TestDirectory()
        defer { directory.remove() }
        var program = Program.shell("echo cannot open the door; exit 64")
        program.log = directory.local.log("a")
        let supervisor = Supervisor(logger: quiet)
        try await supervisor.start(Component(name: "a", program: program, isReady: { false }))
        let error = await #expect(throws: LocalError.self) { try await supervisor.waitUntilReady("a", within: .seconds(30)) }
        #expect(error?.code == "not_ready")
        #expect(error?.message.contains("cannot open the door") == true)
        await supervisor.stop("a")
    }
}
