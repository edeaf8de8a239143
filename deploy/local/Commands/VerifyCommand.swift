import ArgumentParser
import Logging

/// `helpdesk verify`.
struct VerifyCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify",
        abstract: "Compare what was acknowledged with the database and the topics. Exit code 65 when an invariant is broken.")

    @OptionGroup var options: DirectoryOptions
    @Option(help: "Seconds to wait until everything is read and published.")
    var wait = 60

    func run() async throws {
        let (state, logger) = try options.running()
        guard try await Self.verify(state.addresses, options.directory, wait: .seconds(wait), logger) else { throw ExitCode(65) }
    }

    /// Prints the table of invariants.
    /// - Returns: whether all hold.
    static func verify(_ addresses: StackAddresses, _ directory: LocalDirectory, wait: Duration, _ logger: Logger) async throws -> Bool {
        if try await !Verifier.waitUntilQuiet(addresses, within: wait, logger: logger) {
            print("still busy after \(wait.components.seconds) s; this is how it stands:")
        }
        let verifier = Verifier(try await Evidence.gather(addresses, log: directory, logger: logger))
        let verdict = verifier.verdict()
        print(verifier.summary)
        print(verdict.table)
        print(verdict.hold ? "all invariants hold" : "\(verdict.filter { !$0.holds }.count) invariants are broken")
        return verdict.hold
    }
}
