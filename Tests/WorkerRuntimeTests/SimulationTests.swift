import Foundation
import Synchronization
import TestSupport
import Testing

/// Random worlds. A failure names its seed; `HELPDESK_SIM_SEED=n` runs that world alone and prints what its workers log,
/// `HELPDESK_SIM_RUNS=n` runs as many worlds as asked.
@Suite struct SimulationTests {
    static let environment = ProcessInfo.processInfo.environment

    @Test(.timeLimit(.minutes(60))) func nothingIsLostAndNothingHappensTwice() async {
        if let seed = Self.environment["HELPDESK_SIM_SEED"].flatMap(UInt64.init) {
            for complaint in await Self.inThread({ Simulation(seed: seed, isLoud: true).run() }) { Issue.record("seed \(seed): \(complaint)") }
            return
        }
        let runs = Self.environment["HELPDESK_SIM_RUNS"].flatMap(UInt64.init) ?? 300
        let progress = Progress(runs: runs)
        // Two threads: the number is small enough for any machine, and the worlds share nothing.
        async let other: Void = Self.inThread { progress.work() }
        await Self.inThread { progress.work() }
        await other
        for (seed, complaints) in progress.bad.withLock({ $0 }) {
            Issue.record("HELPDESK_SIM_SEED=\(seed): \(complaints.prefix(5).joined(separator: "; ")) (\(complaints.count) in all)")
        }
    }

    private final class Progress: Sendable {
        let runs: UInt64
        let next = Atomic<UInt64>(1)
        let bad = Mutex<[(UInt64, [String])]>([])

        init(runs: UInt64) { self.runs = runs }

        func work() {
            while true {
                let seed = next.wrappingAdd(1, ordering: .relaxed).oldValue
                guard seed <= runs, bad.withLock({ $0.count < 5 }) else { return }
                let complaints = Simulation(seed: seed).run()
                if !complaints.isEmpty { bad.withLock { $0.append((seed, complaints)) } }
            }
        }
    }

    @Test(arguments: [3, 17, 40] as [UInt64]) func aSeedRepeatsItsWorld(seed: UInt64) async {
        let traces = await Self.inThread {
            (0..<2).map { _ in
                let simulation = Simulation(seed: seed)
                _ = simulation.run()
                return simulation.scheduler.trace
            }
        }
        #expect(traces[0] == traces[1])
    }

    /// A thread of its own: a world runs its jobs on the thread that asks, and the pool's threads are not ours to block.
    static func inThread<T: Sendable>(_ work: @escaping @Sendable () -> T) async -> T {
        await withCheckedContinuation { continuation in
            let thread = Thread { continuation.resume(returning: work()) }
            thread.stackSize = 8 << 20
            thread.start()
        }
    }
}
