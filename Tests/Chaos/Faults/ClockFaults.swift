import Foundation
import HelpdeskLocal
import Postgres

/// Clocks that are wrong.
enum ClockFaults {
    static let all: [any Fault] = [ClockStep(kind: .classifier), ClockStep(kind: .escalation)]
}

/// A wall clock of its own for a process: a library between it and the C library (`Tests/Support/FaultClock`). Its other clocks run as ever.
struct FakedClock: Sendable {
    static func library(_ rig: Rig) -> String { "\(rig.executables.directory)/libFaultClock.so" }

    static func obstacle(_ rig: Rig) -> String? {
        FileManager.default.isReadableFile(atPath: library(rig)) ? nil : "there is no \(library(rig)): build everything first (swift build)"
    }

    private let library: String
    private let file: String

    init(_ rig: Rig, name: String, offset: Duration) throws {
        library = Self.library(rig)
        file = "\(rig.options.directory)/clock-\(name)"
        guard FileManager.default.createFile(atPath: file, contents: Data(count: 8)) else {
            throw LocalError("no_directory", "could not write \(file)", next: "Check the disk.")
        }
        try step(to: offset)
    }

    /// Moves the clock of whoever runs with it, at once.
    /// - Parameter offset: from the true time.
    func step(to offset: Duration) throws {
        // In place: it is mapped.
        let handle = try FileHandle(forUpdating: URL(fileURLWithPath: file))
        defer { try? handle.close() }
        try handle.write(contentsOf: withUnsafeBytes(of: offset.components.seconds) { Data($0) })
    }

    var environment: [String: String] { ["LD_PRELOAD": library, "FAULT_CLOCK_FILE": file] }
}

/// A worker's clock is stepped an hour ahead, then an hour back.
struct ClockStep: Fault {
    let kind: ProcessKind

    var name: String { "clock stepped under \(kind.rawValue)" }
    // After some seconds for its start and 48 s of wrong clocks, the usual workers take over from the one whose clock was stepped.
    var expectation: Expectation { Expectation(recovery: .seconds(80)) }

    func duration(in mode: ChaosMode) -> Duration { mode == .long ? .seconds(45) : .seconds(16) }
    func obstacle(in rig: Rig) async -> String? { FakedClock.obstacle(rig) }

    func inject(into rig: Rig, using random: inout FeedRandom) async throws -> String {
        let clock = try FakedClock(rig, name: kind.rawValue, offset: .zero)
        let stranger = try await rig.start(kind, environment: clock.environment)
        let usual = await rig.names(kind).filter { $0 != stranger }
        // So that it has the partitions to itself.
        for name in usual { await rig.stop(name) }
        try await rig.waitUntilWorking(stranger, kind)
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

    /// Waits until the only process of its kind is ready and has handled something.
    /// - Throws: `FaultMissed` when that takes too long.
    func waitUntilWorking(_ name: String, _ kind: ProcessKind) async throws {
        let consumer = kind.consumers.first ?? ""
        let handled = SQL("SELECT count(*) FROM helpdesk.inbox WHERE consumer = \(consumer)")
        let before = try await database.count(handled)
        let isWorking = try await eventually(.seconds(40)) {
            guard await isReady(name) else { return false }
            return try await database.count(handled) >= before + 20
        }
        guard isWorking else { throw FaultMissed("\(name) did not come to work within 40 s") }
    }
}
