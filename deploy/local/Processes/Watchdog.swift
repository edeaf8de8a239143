import Foundation

/// A process that outlives its parent by the time it takes to end the parent's children.
///
/// The parent names each child on a pipe. When the pipe ends without a farewell, the parent was killed: the watchdog ends what it
/// was told of, and whatever else carries the parent's mark in its environment (a child started in the instant before the end).
package struct Watchdog {
    /// Environment variable that every process of a stack carries, with the stack's id.
    package static let mark = "ESI_HELPDESK_STACK"

    /// What the parent writes, one to a line.
    enum Message: Codable, Equatable {
        case guarding(name: String, ProcessIdentity, stopSignal: Int32)
        case farewell

        var line: Data {
            // Strings and whole numbers: there is nothing that can fail to encode.
            ((try? JSONEncoder().encode(self)) ?? Data()) + [UInt8(ascii: "\n")]
        }
    }

    let stack: String
    /// Wait between asking a child to end and killing it.
    var patience: Duration = .seconds(4)

    /// Reads standard input to its end; returns when nothing is left.
    func run() async {
        for number in [SIGINT, SIGTERM, SIGHUP, SIGPIPE] { Foundation.signal(number, SIG_IGN) }
        var children: [ProcessIdentity: (name: String, stopSignal: Int32)] = [:]
        while let line = readLine() {
            switch try? JSONDecoder().decode(Message.self, from: Data(line.utf8)) {
            case .guarding(let name, let identity, let stopSignal): children[identity] = (name, stopSignal)
            case .farewell: return
            case nil: continue
            }
        }
        await end(children)
    }

    /// Ends them all, the others before those that stop on another signal than SIGTERM: the database goes last.
    func end(_ children: [ProcessIdentity: (name: String, stopSignal: Int32)]) async {
        let last = Set(children.filter { $0.value.stopSignal != SIGTERM }.keys)
        await end(all: { Set(children.keys).union(found()).subtracting(last) }, with: SIGTERM)
        for (signal, group) in Dictionary(grouping: last, by: { children[$0]?.stopSignal ?? SIGTERM }) {
            await end(all: { Set(group).union(found()) }, with: signal)
        }
    }

    private func found() -> [ProcessIdentity] { ProcessIdentity.carrying(Self.mark, stack) }

    private func end(all: () -> Set<ProcessIdentity>, with signal: Int32) async {
        let deadline = ContinuousClock.now + patience
        for identity in all() { identity.signal(signal) }
        while ContinuousClock.now < deadline, all().contains(where: \.isAlive) {
            try? await Task.sleep(for: .milliseconds(50))
        }
        for identity in all() where identity.isAlive {
            FileHandle.standardError.write(Data("killing \(identity.pid), which did not end when asked\n".utf8))
            identity.signal(SIGKILL)
        }
    }
}
