import ArgumentParser
import HelpdeskLocal
import Launch

@main
enum Main {
    static func main() async {
        await ChaosCommand.launch { LocalError.explain($0) }
    }
}

/// The fault harness: a whole pipeline under load, harmed by a schedule, judged from outside.
struct ChaosCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "chaos", abstract: "Harm a running pipeline by a schedule and judge from outside whether it kept its promises.",
        discussion: "See docs/chaos.md.", subcommands: [RunCommand.self, BrokerProcess.self], defaultSubcommand: RunCommand.self)
}
