import Foundation
import Logging
import Synchronization

/// Keeps the state file and the watchdog in step with what runs.
final class StateRecorder: Sendable {
    let watchdog: WatchdogLink
    private let directory: LocalDirectory
    private let logger: Logger
    private let state = Mutex<(file: StackState?, rows: [ProcessRow])>((nil, []))

    init(directory: LocalDirectory, watchdog: WatchdogLink, logger: Logger) {
        self.directory = directory
        self.watchdog = watchdog
        self.logger = logger
    }

    func began(stack: String, _ addresses: StackAddresses, _ options: StackOptions, isReady: Bool) {
        guard let parent = ProcessIdentity(of: getpid()) else { return }
        change { state in
            state.file = StackState(
                stack: stack, parent: parent, startedAt: state.file?.startedAt ?? Date(), brokers: addresses.brokers,
                isBrokerEmbedded: options.brokers == nil, databaseURL: addresses.databaseURL, isDatabasePrivate: options.databaseURL == nil,
                gatewayURL: addresses.gatewayURL, apiKey: addresses.apiKey, partitions: options.partitions, model: addresses.model,
                workers: state.file?.workers ?? options.workers, isReady: isReady, processes: state.rows)
        }
    }

    func scaled(_ kind: WorkerKind, to count: Int) { change { $0.file?.workers[kind] = count } }

    func record(_ rows: [ProcessRow]) {
        watchdog.guarding(rows) { $0 == "postgres" ? SIGINT : SIGTERM }
        change { $0.rows = rows }
    }

    private func change(_ body: (inout (file: StackState?, rows: [ProcessRow])) -> Void) {
        state.withLock { state in
            body(&state)
            state.file?.processes = state.rows
            do {
                try state.file?.write(directory)
            } catch {
                logger.error("the state file could not be written", metadata: ["error": "\(error)"])
            }
        }
    }
}
