import Foundation

/// A part of the stack that is a process of its own.
package struct Component: Sendable {
    package let name: String
    package let program: Program
    /// The signal that asks it to end cleanly.
    package var stopSignal: Int32 = SIGTERM
    /// How long it may take to, before it is killed.
    package var stopLimit: Duration = .seconds(22)
    /// Loopback port on which it can be asked, for the process table.
    package var port: UInt16?
    /// Whether it answers.
    package let isReady: @Sendable () async -> Bool

    package init(
        name: String, program: Program, stopSignal: Int32 = SIGTERM, stopLimit: Duration = .seconds(22), port: UInt16? = nil,
        isReady: @escaping @Sendable () async -> Bool
    ) {
        self.name = name
        self.program = program
        self.stopSignal = stopSignal
        self.stopLimit = stopLimit
        self.port = port
        self.isReady = isReady
    }
}

/// A row of the process table.
package struct ProcessRow: Codable, Sendable, Hashable {
    package enum State: String, Codable, Sendable {
        case running, restarting, held, stopped
    }

    package let name: String
    package var state: State
    /// Nil unless running.
    package var identity: ProcessIdentity?
    package let port: UInt16?
    /// Starts after the first.
    package var restarts: Int
    package let log: String?
}
