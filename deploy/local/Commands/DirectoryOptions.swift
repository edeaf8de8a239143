import ArgumentParser
import Foundation
import Logging
import Observability

/// What every command takes.
struct DirectoryOptions: ParsableArguments {
    @Option(name: .customLong("directory"), help: "Where the stack keeps its files.")
    var path = ".local"

    var directory: LocalDirectory { LocalDirectory(path) }

    /// The running stack, with logging for a short command: only what went wrong, on standard error.
    func running() throws -> (state: StackState, logger: Logger) {
        startLogging(level: .error, format: .text)
        return (try StackState.ofRunningStack(directory), Logger(label: "helpdesk"))
    }
}

extension StackState {
    var addresses: StackAddresses {
        StackAddresses(
            brokers: brokers, databaseURL: databaseURL, gatewayURL: gatewayURL, apiKey: apiKey,
            kafkaProperties: isBrokerEmbedded ? [:] : KafkaVariables.properties(in: ProcessInfo.processInfo.environment), model: model)
    }

    /// - Throws: `LocalError` while the stack is still starting.
    func mustBeReady() throws -> StackState {
        guard isReady else { throw LocalError("not_ready", "the stack is still starting", next: "Wait until `helpdesk up` says where to look.") }
        return self
    }
}
