import ArgumentParser
import Dispatch
import Foundation
import HelpdeskLocal
import Launch
import Logging
import Observability
import WorkerRuntime

/// `chaos run`, which is what `chaos` alone means.
struct RunCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "run", abstract: "Start a rig, feed it, harm it by the schedule, judge. Exit code 65 when a promise was broken.",
        discussion:
            "KAFKA_BROKERS, with CHAOS_BROKER_STOP and CHAOS_BROKER_START (shell commands that get a broker's number), takes a real, empty cluster.")

    @Option(help: "short: a few minutes. long: 100,000 events and every fault.")
    var mode = ChaosMode.long
    @Option(help: "Seed of the schedule and of the feed: the same seed makes the same ones again.")
    var seed: UInt64 = UInt64.random(in: 1...99_999)
    @Option(help: "Only these faults, by name, divided by commas; each once, in this order.")
    var only: String?
    @Option(help: "Events to feed.")
    var events: Int?
    @Option(help: "Events per second.")
    var rate: Double?
    @Option(help: "Factor on the recovery times that are expected, for busy machines: 1 in long mode, 4 in short mode without it.")
    var patience: Double?
    @Option(help: "Processes of each kind.")
    var instances = 2
    @Option(help: "Where the logs and the findings go; a new folder under /tmp or TMPDIR without it.")
    var directory: String?
    @Option(
        help: ArgumentHelp("Break the pipeline on purpose: \(Breakage.allCases.map(\.rawValue).joined(separator: ", ")). The run must fail."),
        transform: { word in
            guard let breakage = Breakage(rawValue: word) else { throw ValidationError("expected one of them, found '\(word)'") }
            return breakage
        })
    var breakage: Breakage?
    @Flag(help: "Print the schedule and the names of all faults, and end.")
    var dryRun = false

    func validate() throws {
        if let events, events <= 0 { throw ValidationError("--events: expected more than 0, found \(events)") }
        if let rate, rate <= 0 { throw ValidationError("--rate: expected more than 0, found \(rate)") }
        guard (1...8).contains(instances) else { throw ValidationError("--instances: expected 1 to 8, found \(instances)") }
        for name in names where Catalogue.named(name) == nil {
            throw ValidationError("--only: expected faults like '\(Catalogue.all[0].name)', found '\(name)'. --dry-run lists them all.")
        }
    }

    private var names: [String] {
        only.map { $0.split(separator: ",").map { $0.trimmingCharacters(in: .whitespaces) } } ?? []
    }

    private var schedule: Schedule {
        only == nil
            ? Schedule(seed: seed, mode: mode, faults: Catalogue.all)
            : Schedule(seed: seed, mode: mode, inOrder: names.compactMap(Catalogue.named))
    }

    func run() async throws {
        print("chaos: \(mode.rawValue) mode, seed \(seed)\(only == nil ? "" : ", only: \(names.joined(separator: ", "))")")
        if dryRun {
            print("faults:\n" + Catalogue.all.map { "    \($0.name)" }.joined(separator: "\n"))
            print("schedule:\n" + schedule.lines.joined(separator: "\n"))
            return
        }
        let environment = ProcessInfo.processInfo.environment
        let directory = try Self.makeDirectory(directory, seed)
        startLogging(level: .info, format: .text, sink: try Self.sink("\(directory)/chaos.log"))
        let rig = Rig(
            options: Rig.Options(
                mode: mode, seed: seed, directory: directory, instances: instances, breakage: breakage,
                brokers: environment["KAFKA_BROKERS"].flatMap { $0.isEmpty ? nil : $0 }, brokerStop: environment["CHAOS_BROKER_STOP"],
                brokerStart: environment["CHAOS_BROKER_START"]),
            executables: try Executables.find(), logger: Logger(label: "chaos"), say: { Self.say($0) })
        let run = ChaosRun(
            rig: rig, schedule: schedule, events: events ?? mode.events, rate: rate ?? mode.rate, patience: patience ?? mode.patience,
            say: { Self.say($0) })
        let task = Task { try await run.run() }
        let sources = [SIGINT, SIGTERM, SIGHUP].map { number in
            signal(number, SIG_IGN)
            let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
            source.setEventHandler { task.cancel() }
            source.resume()
            return source
        }
        defer { for source in sources { source.cancel() } }
        let result = await task.result
        print("logs and findings: \(directory)")
        switch result {
        case .success(let holds): if !holds { throw ExitCode(65) }
        case .failure(is CancellationError):
            print("stopped before the end: nothing was judged")
            throw ExitCode(130)
        case .failure(let error): throw error
        }
    }

    private static func say(_ line: String) {
        print(line)
        fflush(nil)
    }

    private static func makeDirectory(_ given: String?, _ seed: UInt64) throws -> String {
        let name = "helpdesk-chaos-\(seed)-\(UUID().uuidString.prefix(4).lowercased())"
        let path = URL(fileURLWithPath: given ?? "\(NSTemporaryDirectory())/\(name)").standardizedFileURL.path
        do {
            try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o755])
        } catch {
            throw LocalError("no_directory", "could not make \(path): \(error.localizedDescription)", next: "Give a writable --directory.")
        }
        return path
    }

    private static func sink(_ path: String) throws -> LogSink {
        let descriptor = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw LocalError("no_directory", "could not open \(path) (errno \(errno))", next: "Check the disk.") }
        return LogSink { line in _ = line.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) } }
    }
}

extension ChaosMode: ExpressibleByArgument {}
