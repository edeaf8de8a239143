import Foundation

/// A part of the stack that is a process of its own.
struct Component: Sendable {
    let name: String
    let program: Program
    /// The signal that asks it to end cleanly.
    var stopSignal: Int32 = SIGTERM
    /// How long it may take to, before it is killed.
    var stopLimit: Duration = .seconds(22)
    /// Loopback port on which it can be asked, for the process table.
    var port: UInt16?
    /// Whether it answers.
    let isReady: @Sendable () async -> Bool
}

/// A row of the process table.
struct ProcessRow: Codable, Sendable, Hashable {
    enum State: String, Codable, Sendable {
        case running, restarting, held, stopped
    }

    let name: String
    var state: State
    /// Nil unless running.
    var identity: ProcessIdentity?
    let port: UInt16?
    /// Starts after the first.
    var restarts: Int
    let log: String?
}
