import Foundation
import Synchronization
import TestSupport

/// One run of a subject over many inputs.
///
/// The ordinary test takes a few thousand. `make fuzz` starts one process for each subject and says by `HELPDESK_FUZZ_` variables what it
/// wants; it finds the input that killed a process in the file it named.
struct Campaign {
    /// Nil for what the subject names.
    var inputs: Int?
    var seed: UInt64 = 1
    /// Ends the run when the inputs are not through by then; nil for no limit.
    var seconds: Int?
    /// Holds the current input at every moment, so that a crash leaves it behind.
    var file: String?
    /// One input instead of many.
    var replay: String?
    var subject: String?
    /// CPU seconds an input may take, and bytes the process may hold. Generous for the ordinary test, which shares its process with others.
    var patience: Double = 20
    var memory: Int?

    /// As the environment says.
    init(environment: [String: String] = ProcessInfo.processInfo.environment) {
        func number(_ name: String) -> Int? { environment["HELPDESK_FUZZ_\(name)"].flatMap { Int($0) } }
        inputs = number("INPUTS")
        seed = number("SEED").map { UInt64(truncatingIfNeeded: $0) } ?? seed
        seconds = number("SECONDS")
        file = environment["HELPDESK_FUZZ_FILE"]
        replay = environment["HELPDESK_FUZZ_REPLAY"]
        subject = environment["HELPDESK_FUZZ_SUBJECT"]
        guard file != nil else { return }
        patience = 1
        memory = 1 << 30
    }

    /// What came of it.
    struct Result {
        var inputs = 0
        var outcomes = 0
        var seconds = 0.0
    }

    func run(_ subject: Subject) throws -> Result {
        if let replay {
            let input = try Data(contentsOf: URL(filePath: replay))
            let watch = Watch(campaign: self, subject: subject.name)
            defer { watch.end() }
            watch.begin(1)
            print("\(subject): \(try subject.read(Array(input)))")
            return Result(inputs: 1, outcomes: 1)
        }
        var mutator = InputMutator(
            seeds: subject.seeds, words: subject.words.map { Array($0.utf8) }, maximumBytes: subject.maximumBytes, seed: seed)
        let inputs = inputs ?? subject.few
        let descriptor = file.map { open($0, O_RDWR | O_CREAT | O_TRUNC, 0o600) } ?? -1
        defer { if descriptor >= 0 { close(descriptor) } }
        let watch = Watch(campaign: self, subject: subject.name)
        defer { watch.end() }
        let clock = ContinuousClock()
        let start = clock.now
        var shown = start
        var seen: Set<Int> = []
        var result = Result()
        while result.inputs < inputs {
            let input = mutator.next()
            if descriptor >= 0 {
                ftruncate(descriptor, off_t(input.count))
                _ = input.withUnsafeBytes { pwrite(descriptor, $0.baseAddress, $0.count, 0) }
            }
            result.inputs += 1
            watch.begin(result.inputs)
            let outcome: String
            do {
                outcome = try subject.read(input)
            } catch {
                // Under `make fuzz` the input lies in the file.
                throw Breach("\(subject), seed \(seed), input \(result.inputs): \(error)" + (file == nil ? "; \(Self.shown(input))" : ""))
            }
            if seen.count < 20_000, seen.insert(Self.shape(outcome)).inserted { mutator.keep(input) }
            guard file != nil || seconds != nil else { continue }
            let now = clock.now
            if file != nil, now - shown > .seconds(10) {
                shown = now
                print(line(subject, result, of: inputs, seen.count, now - start))
            }
            if let seconds, now - start > .seconds(seconds) { break }
        }
        result.outcomes = seen.count
        let elapsed = clock.now - start
        result.seconds = elapsed / .seconds(1)
        if file != nil { print(line(subject, result, of: inputs, seen.count, elapsed)) }
        return result
    }

    private func line(_ subject: Subject, _ result: Result, of inputs: Int, _ outcomes: Int, _ elapsed: Duration) -> String {
        let rate = Double(result.inputs) / max(0.001, elapsed / .seconds(1))
        return "\(subject): \(result.inputs) of \(inputs) inputs, \(Int(rate)) a second, \(outcomes) outcomes, \(Watch.residentBytes >> 20) MiB"
    }

    /// An outcome without its numbers: what counts as new.
    private static func shape(_ outcome: String) -> Int {
        var hash = Hasher()
        for byte in outcome.utf8.prefix(400) where !(48...57).contains(byte) { hash.combine(byte) }
        return hash.finalize()
    }

    private static func shown(_ input: [UInt8]) -> String {
        "\(input.count) bytes in base 64: \(Data(input.prefix(3000)).base64EncodedString())"
    }
}

/// Ends the process when an input takes too long or too much memory: neither can be stopped from where it happens.
final class Watch: Sendable {
    private let current = Atomic<Int>(0)
    private let isEnded = Atomic<Bool>(false)

    init(campaign: Campaign, subject: String) {
        let patience = campaign.patience
        let seed = campaign.seed
        let memory = campaign.memory
        Thread.detachNewThread { [self] in
            var watched = 0
            var since = Self.processorSeconds
            while !isEnded.load(ordering: .relaxed) {
                usleep(200_000)
                let input = current.load(ordering: .relaxed)
                if input != watched {
                    watched = input
                    since = Self.processorSeconds
                }
                if watched > 0, Self.processorSeconds - since > patience {
                    Self.stop("\(subject), seed \(seed), input \(input): not read within \(patience) s of processor time")
                }
                if let memory, Self.residentBytes > memory {
                    Self.stop("\(subject), seed \(seed), input \(input): \(Self.residentBytes >> 20) MiB held, \(memory >> 20) are allowed")
                }
            }
        }
    }

    func begin(_ input: Int) { current.store(input, ordering: .relaxed) }

    func end() { isEnded.store(true, ordering: .relaxed) }

    private static func stop(_ message: String) -> Never {
        FileHandle.standardError.write(Data("fuzzing stopped: \(message)\n".utf8))
        exit(86)
    }

    /// Of the whole process: under `make fuzz` nothing else runs in it, and a busy machine does not count.
    private static var processorSeconds: Double {
        var time = timespec()
        clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }

    static var residentBytes: Int {
        guard let text = try? String(contentsOfFile: "/proc/self/statm", encoding: .utf8) else { return 0 }
        return (text.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0) * Int(getpagesize())
    }
}
