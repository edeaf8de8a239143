import HelpdeskLocal

/// What happens in a run, and in which order: a function of seed, mode and catalogue alone.
struct Schedule: Sendable {
    struct Entry: Sendable {
        /// 1, 2, ...
        let number: Int
        let fault: any Fault
        /// From the end of the one before.
        let pause: Duration
        /// Whether the pipeline has recovered from the one before; otherwise this one comes on top of it.
        let waits: Bool
        /// Decides what the fault leaves to chance.
        let seed: UInt64
    }

    let seed: UInt64
    let mode: ChaosMode
    let entries: [Entry]

    init(seed: UInt64, mode: ChaosMode, faults: [any Fault]) {
        var random = FeedRandom(seed: seed)
        var chosen: [any Fault] = []
        switch mode {
        case .long:
            // Every one at least once.
            while chosen.count < mode.faults, !faults.isEmpty { chosen += faults.shuffled(using: &random) }
            chosen = Array(chosen.prefix(max(mode.faults, faults.count))).shuffled(using: &random)
        case .short:
            var left: Duration = .seconds(80)
            for fault in faults.shuffled(using: &random) where fault.duration(in: mode) + .seconds(3) <= left {
                chosen.append(fault)
                left -= fault.duration(in: mode) + .seconds(3)
            }
        }
        self.init(seed: seed, mode: mode, inOrder: chosen, &random)
    }

    /// These, each once.
    init(seed: UInt64, mode: ChaosMode, inOrder faults: [any Fault]) {
        var random = FeedRandom(seed: seed)
        self.init(seed: seed, mode: mode, inOrder: faults, &random)
    }

    private init(seed: UInt64, mode: ChaosMode, inOrder faults: [any Fault], _ random: inout FeedRandom) {
        self.seed = seed
        self.mode = mode
        entries = faults.enumerated().map { index, fault in
            let pause = Duration.milliseconds(Int.random(in: mode.pauses, using: &random))
            return Entry(number: index + 1, fault: fault, pause: pause, waits: !random.happens(0.3), seed: random.next())
        }
    }

    /// For the reader, and to compare two runs.
    var lines: [String] {
        entries.map { entry in
            "\(entry.number < 10 ? " " : "")\(entry.number)  \(entry.waits ? "recovered, then" : "at once, then  ") \(entry.pause)  \(entry.fault.name)"
        }
    }
}

extension ChaosMode {
    var faults: Int { self == .long ? 50 : 12 }
    /// Events fed in all, poison, duplicates and probes included.
    var events: Int { self == .long ? 100_000 : 2_000 }
    /// Events per second.
    var rate: Double { self == .long ? 60 : 20 }
    /// By how much the expected recovery times are multiplied: what runs with the tests is slow or busy more often than late.
    var patience: Double { self == .long ? 1 : 4 }
    /// Milliseconds between two faults.
    var pauses: ClosedRange<Int> { self == .long ? 2_000...12_000 : 1_000...4_000 }
}
