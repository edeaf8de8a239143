import Foundation

/// What other commands need to know of a running stack. Holds the API key: its file is readable by its owner alone.
struct StackState: Codable, Sendable {
    /// Names this run; every process of it carries the name in its environment.
    var stack: String
    /// The process that runs it all.
    var parent: ProcessIdentity
    var startedAt: Date
    var brokers: String
    /// The broker lives in the parent and forgets everything with it.
    var isBrokerEmbedded: Bool
    var databaseURL: String
    var isDatabasePrivate: Bool
    var gatewayURL: String
    var apiKey: String
    var partitions: Int
    /// Address of the language model; nil: there is none.
    var model: String?
    var workers: WorkerCounts
    /// Everything is up and was ready once.
    var isReady: Bool
    var processes: [ProcessRow]

    var isAlive: Bool { parent.isAlive }

    /// Nil when there is none, or none that can be read.
    static func read(_ directory: LocalDirectory) -> StackState? {
        FileManager.default.contents(atPath: directory.state).flatMap { try? decoder.decode(StackState.self, from: $0) }
    }

    /// The state of a stack that runs.
    /// - Throws: `LocalError` that says how to start one.
    static func ofRunningStack(_ directory: LocalDirectory) throws -> StackState {
        guard let state = read(directory) else {
            throw LocalError("not_running", "nothing runs in \(directory.path)", next: "Start it with `helpdesk up`.")
        }
        guard state.isAlive else {
            throw LocalError(
                "not_running", "the stack of \(directory.path) ended without saying so (process \(state.parent.pid) is gone)",
                next: "`helpdesk up` clears what is left and starts anew.")
        }
        return state
    }

    /// Replaces the file in one step, so that no reader sees half of it.
    func write(_ directory: LocalDirectory) throws {
        let data = try Self.encoder.encode(self)
        let next = directory.state + ".next"
        unlink(next)
        guard FileManager.default.createFile(atPath: next, contents: data, attributes: [.posixPermissions: 0o600]), rename(next, directory.state) == 0
        else { throw LocalError("no_directory", "could not write \(directory.state) (errno \(errno))", next: "Check the disk and the permissions.") }
    }

    private static let encoder: JSONEncoder = {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        encoder.dateEncodingStrategy = .secondsSince1970
        return encoder
    }()

    private static let decoder: JSONDecoder = {
        let decoder = JSONDecoder()
        decoder.dateDecodingStrategy = .secondsSince1970
        return decoder
    }()
}
