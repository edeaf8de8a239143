import ArgumentParser
import Foundation
import Logging
import Observability

/// `helpdesk down`.
struct DownCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "down", abstract: "Wait until everything in hand is done, then end everything.")

    @OptionGroup var options: DirectoryOptions
    @Option(help: "Seconds to wait for what is in hand.")
    var wait = 30

    func run() async throws {
        startLogging(level: .error, format: .text)
        let logger = Logger(label: "helpdesk")
        let directory = options.directory
        guard let state = StackState.read(directory) else {
            print("nothing runs in \(directory.path)")
            return
        }
        guard state.isAlive else {
            guard let lock = try directory.takeLock() else {
                throw LocalError("busy", "another command holds \(directory.lock)", next: "Wait for it.")
            }
            await Leftovers(directory: directory).clear { print($0) }
            _ = lock
            return
        }
        if state.isReady, try await !Verifier.waitUntilQuiet(state.addresses, within: .seconds(wait), logger: logger) {
            print(
                "not everything is done after \(wait) s; what the workers have in hand is finished, the rest is left\(state.isBrokerEmbedded ? " and lost with the embedded broker" : "")"
            )
        }
        state.parent.signal(SIGTERM)
        let deadline = ContinuousClock.now + .seconds(60)
        while state.parent.isAlive, ContinuousClock.now < deadline { try await Task.sleep(for: .milliseconds(50)) }
        if state.parent.isAlive {
            print("it did not end when asked and is killed")
            state.parent.signal(SIGKILL)
            let last = ContinuousClock.now + .seconds(15)
            while !ProcessIdentity.carrying(Watchdog.mark, state.stack).isEmpty, ContinuousClock.now < last {
                try await Task.sleep(for: .milliseconds(50))
            }
        }
        print("down")
    }
}
