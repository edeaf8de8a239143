import Launch

/// The program `helpdesk`: reads the command line, runs the command and ends the process.
package func runCommand() async -> Never {
    await HelpdeskCommand.launch { LocalError.explain($0) }
}
