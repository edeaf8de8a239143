import ArgumentParser

/// Ends the processes of a stack whose parent was killed. Started by `up`.
struct WatchdogCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "watchdog", abstract: "Ends the processes of a stack whose parent was killed.", shouldDisplay: false)

    @Option(help: "The stack's id.")
    var stack: String

    func run() async throws {
        await Watchdog(stack: stack).run()
    }
}
