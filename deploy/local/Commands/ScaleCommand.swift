import ArgumentParser
import Foundation

/// `helpdesk scale`.
struct ScaleCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "scale", abstract: "Start or end workers of a kind until there are as many as asked for.",
        discussion: "`helpdesk scale escalation 2`; `helpdesk scale 4` is about classifier workers.")

    @OptionGroup var options: DirectoryOptions
    @Argument(help: ArgumentHelp("The kind (\(WorkerKind.words); classifier when left out) and the number, 0 to 64.", valueName: "kind> <number"))
    var words: [String]

    private var request: (kind: WorkerKind, count: Int)? {
        guard (1...2).contains(words.count), let kind = words.count == 1 ? .classifier : WorkerKind(word: words[0]),
            let count = words.last.flatMap({ Int($0) }), WorkerKind.range.contains(count)
        else { return nil }
        return (kind, count)
    }

    func validate() throws {
        guard request != nil else {
            throw ValidationError("expected [\(WorkerKind.words)] and 0 to 64 workers, found '\(words.joined(separator: " "))'")
        }
    }

    func run() async throws {
        guard let request else { return }
        let (kind, count) = request
        let (state, _) = try options.running()
        _ = try state.mustBeReady()
        let directory = options.directory
        let file = directory.scale(kind)
        guard FileManager.default.createFile(atPath: file, contents: Data("\(count)\n".utf8)) else {
            throw LocalError("no_directory", "could not write \(file)", next: "Check the permissions.")
        }
        let deadline = ContinuousClock.now + .seconds(60)
        while ContinuousClock.now < deadline {
            if try StackState.ofRunningStack(directory).workers[kind] == count, !FileManager.default.fileExists(atPath: file) {
                print("\(count) \(kind.rawValue)\(count == 1 ? "" : "s")")
                return
            }
            try await Task.sleep(for: .milliseconds(200))
        }
        throw LocalError("not_scaled", "there are not \(count) \(kind.rawValue)s after 60 s", next: "See `helpdesk status` and the logs.")
    }
}
