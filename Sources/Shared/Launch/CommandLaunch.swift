public import ArgumentParser

extension ParsableCommand {
    /// Parses the command line, runs the command and ends the process: 0 when it returns, else with the error's
    /// reason on one line and its code. For `main`.
    /// - Parameters:
    ///   - keys: The settings of all its commands, so that the value in `--name value` is never taken for an operand.
    ///   - explain: Names the reason of errors that this module cannot know (a broker's, a database's).
    public static func launch(
        keys: [any DeclaredKey] = [], arguments: [String] = Array(CommandLine.arguments.dropFirst()),
        explain: (any Error) -> ExitReason? = { _ in nil }
    ) async -> Never {
        AllocatorArenas.limit()
        do {
            var command = try parseAsRoot(settingsLast(arguments, keys: keys))
            if var asynchronous = command as? any AsyncParsableCommand {
                try await asynchronous.run()
            } else {
                try command.run()
            }
        } catch {
            if let reason = explain(error) { reason.exit() }
            if error is ExitReason || error is ConfigurationError || exitCode(for: error) == .failure {
                ExitReason(error).exit()
            }
            // Help, version and mistakes in the command line, which the parser words itself.
            exit(withError: error)
        }
        exit(withError: nil)
    }
}
