import Foundation
import HelpdeskLocal

/// Clocks that are wrong.
enum ClockFaults {
    static let all: [any Fault] = [ClockStep(kind: .classifier), ClockStep(kind: .escalation)]
}

/// A wall clock of its own for a process: libfaketime between it and the C library. Its monotonic clock runs as ever.
struct FakedClock: Sendable {
    private static let places = ["/usr/lib/x86_64-linux-gnu/faketime", "/usr/lib/aarch64-linux-gnu/faketime", "/usr/lib/faketime"]
    private static let library = places.map { $0 + "/libfaketimeMT.so.1" }.first { FileManager.default.isReadableFile(atPath: $0) }

    static var obstacle: String? { library == nil ? "libfaketime is not installed (apt-get install libfaketime)" : nil }

    private let file: String

    init(directory: String, name: String, offset: Duration) throws {
        file = "\(directory)/clock-\(name)"
        try step(to: offset)
    }

    /// Moves the clock of whoever runs with it, within a second.
    /// - Parameter offset: from the true time.
    func step(to offset: Duration) throws {
        let seconds = offset.components.seconds
        // Replaced in one step: it is read at any moment.
        try Data("\(seconds < 0 ? "" : "+")\(seconds)\n".utf8).write(to: URL(fileURLWithPath: file), options: .atomic)
    }

    var environment: [String: String] {
        [
            "LD_PRELOAD": Self.library ?? "", "FAKETIME_TIMESTAMP_FILE": file, "FAKETIME_CACHE_DURATION": "1", "FAKETIME_DONT_FAKE_MONOTONIC": "1",
            "DONT_FAKE_MONOTONIC": "1"
        ]
    }
}

/// A worker's clock is stepped an hour ahead, then an hour back.
struct ClockStep: Fault {
    let kind: ProcessKind

    var name: String { "clock stepped under \(kind.rawValue)" }
    // After some seconds for its start and 48 s of wrong clocks, the usual workers take over from the one whose clock was stepped.
    var expectation: Expectation { Expectation(recovery: .seconds(80)) }

    func duration(in mode: ChaosMode) -> Duration { mode == .long ? .seconds(45) : .seconds(16) }
    func obstacle(in rig: Rig) async -> String? { FakedClock.obstacle }

    func inject(into rig: Rig, using random: inout FeedRandom) async throws -> String {
        let clock = try FakedClock(directory: rig.options.directory, name: kind.rawValue, offset: .zero)
        let stranger = try await rig.start(kind, environment: clock.environment)
        let usual = await rig.names(kind).filter { $0 != stranger }
        // So that it has the partitions to itself.
        for name in usual { await rig.stop(name) }
        try await rig.waitUntilWorking(stranger)
        let pause: Duration = .seconds(rig.mode == .long ? 12 : 4)
        try await Task.sleep(for: pause)
        for hours in [1, -1, 0] {
            try clock.step(to: .seconds(3600 * hours))
            try await Task.sleep(for: pause)
        }
        for _ in usual { try await rig.start(kind) }
        await rig.stop(stranger)
        return "an hour ahead, an hour behind, right again"
    }
}

extension Rig {
    func isReady(_ name: String) async -> Bool {
        guard let port = await supervisor.table.first(where: { $0.name == name })?.port else { return false }
        return await HTTPProbe.isReady("http://127.0.0.1:\(port)")
    }

    /// Waits until a process is ready and tickets pass again, so that it is known to work.
    /// - Throws: `FaultMissed` when that takes too long.
    func waitUntilWorking(_ name: String) async throws {
        let world = world
        let isWorking = try await eventually(.seconds(40)) {
            guard await isReady(name) else { return false }
            return try await world.status().oldest < 5
        }
        guard isWorking else { throw FaultMissed("\(name) did not come to work within 40 s") }
    }
}
