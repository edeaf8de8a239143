import ArgumentParser
import Foundation

/// `helpdesk scale`.
struct ScaleCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "scale", abstract: "Start or end classifier workers until there are as many as asked for.")

    @OptionGroup var options: DirectoryOptions
    @Argument(help: "Workers, 0 to 64.")
    var workers: Int

    func validate() throws {
        guard (0...64).contains(workers) else { throw ValidationError("expected 0 to 64 workers, found \(workers)") }
    }

    func run() async throws {
        let (state, _) = try options.running()
        _ = try state.mustBeReady()
        let directory = options.directory
        guard FileManager.default.createFile(atPath: directory.scale, contents: Data("\(workers)\n".utf8)) else {
            throw LocalError("no_directory", "could not write \(directory.scale)", next: "Check the permissions.")
        }
        let deadline = ContinuousClock.now + .seconds(60)
        while ContinuousClock.now < deadline {
            if try StackState.ofRunningStack(directory).workers == workers, !FileManager.default.fileExists(atPath: directory.scale) {
                print("\(workers) workers")
                return
            }
            try await Task.sleep(for: .milliseconds(200))
        }
        throw LocalError("not_scaled", "there are not \(workers) workers after 60 s", next: "See `helpdesk status` and the logs.")
    }
}
