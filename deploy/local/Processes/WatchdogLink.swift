import Foundation
package import Logging
import Synchronization

/// The parent's end of the watchdog's pipe. Starts the watchdog, tells it of every child, and starts it again when it is killed.
package final class WatchdogLink: Sendable {
    private struct State {
        var writer: Int32?
        var children: [String: Watchdog.Message] = [:]
        var isClosing = false
        var identity: ProcessIdentity?
    }

    private let program: Program
    private let logger: Logger
    private let state = Mutex(State())

    /// - Parameter program: this executable with the arguments that make it a watchdog.
    package init(_ program: Program, logger: Logger) {
        self.program = program
        self.logger = logger
    }

    deinit { if let writer = state.withLock({ $0.writer }) { close(writer) } }

    package var identity: ProcessIdentity? { state.withLock { $0.identity } }

    package func start() throws {
        var ends: [Int32] = [0, 0]
        guard pipe(&ends) == 0 else {
            throw LocalError("no_pipe", "could not make a pipe (errno \(errno))", next: "Close some programs and try again.")
        }
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        var program = self.program
        program.input = ends[0]
        defer { close(ends[0]) }
        let identity = try program.start { [weak self] _ in self?.ended() }
        state.withLock { state in
            if let old = state.writer { close(old) }
            state.writer = ends[1]
            state.identity = identity
            for child in state.children.values { Self.write(child, to: ends[1]) }
        }
    }

    /// Tells the watchdog of the process table as it is now.
    package func guarding(_ rows: [ProcessRow], stopSignal: (String) -> Int32) {
        let messages = rows.compactMap { row in
            row.identity.map { (row.name, Watchdog.Message.guarding(name: row.name, $0, stopSignal: stopSignal(row.name))) }
        }
        state.withLock { state in
            for (name, message) in messages where state.children[name] != message {
                state.children[name] = message
                if let writer = state.writer { Self.write(message, to: writer) }
            }
        }
    }

    /// Sends the watchdog home. For when nothing is left to guard.
    package func farewell() {
        state.withLock { state in
            state.isClosing = true
            guard let writer = state.writer else { return }
            Self.write(.farewell, to: writer)
            close(writer)
            state.writer = nil
        }
    }

    private func ended() {
        guard !state.withLock({ $0.isClosing }) else { return }
        logger.warning("the watchdog ended and is started again")
        do {
            try start()
        } catch {
            logger.error("no watchdog: children would outlive a killed parent", metadata: ["error": "\(error)"])
        }
    }

    private static func write(_ message: Watchdog.Message, to descriptor: Int32) {
        let line = message.line
        // Shorter than PIPE_BUF, hence written whole or not at all. SIGPIPE is ignored by the process.
        _ = line.withUnsafeBytes { Foundation.write(descriptor, $0.baseAddress, $0.count) }
    }
}
