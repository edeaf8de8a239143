import Foundation
package import Logging

/// Runs processes and starts again those that end without having been asked to.
package actor Supervisor {
    private struct Entry {
        let component: Component
        var row: ProcessRow
        var startedAt = ContinuousClock.now
        var delay = RestartDelay()
        /// Set while it is to be down.
        var isWanted = true
        /// Tells one life from the next.
        var life = 0
        var lastEnd: ProcessEnd?
    }

    private var entries: [String: Entry] = [:]
    /// Every end that nobody had asked for, in order.
    package private(set) var ends: [(name: String, end: ProcessEnd)] = []
    private var order: [String] = []
    private let logger: Logger
    /// Told every change of the table, so that it survives us.
    private let onChange: @Sendable ([ProcessRow]) -> Void

    package init(logger: Logger, onChange: @escaping @Sendable ([ProcessRow]) -> Void = { _ in }) {
        self.logger = logger
        self.onChange = onChange
    }

    /// The process table, in order of start.
    package var table: [ProcessRow] { order.compactMap { entries[$0]?.row } }

    package func identity(of name: String) -> ProcessIdentity? { entries[name]?.row.identity }

    /// How its last life ended; nil in its first.
    package func lastEnd(of name: String) -> ProcessEnd? { entries[name]?.lastEnd }

    // MARK: Starting

    /// Starts it. From now on it is started again whenever it ends by itself.
    package func start(_ component: Component) throws {
        precondition(entries[component.name] == nil, "two components of one name")
        let row = ProcessRow(
            name: component.name, state: .restarting, identity: nil, port: component.port, restarts: 0, log: component.program.log)
        entries[component.name] = Entry(component: component, row: row)
        order.append(component.name)
        do {
            try launch(component.name)
        } catch {
            forget(component.name)
            throw error
        }
    }

    /// Waits until it answers.
    /// - Throws: `LocalError` with the end of its log when it does not in time.
    package func waitUntilReady(_ name: String, within limit: Duration) async throws {
        guard let component = entries[name]?.component else { return }
        let before = entries[name]?.row.restarts ?? 0
        let deadline = ContinuousClock.now + limit
        while ContinuousClock.now < deadline {
            if await component.isReady() { return }
            // What ends three times meanwhile will not answer the fourth time.
            if let restarts = entries[name]?.row.restarts, restarts - before >= 3 { break }
            try await Task.sleep(for: .milliseconds(50))
        }
        if await component.isReady() { return }
        throw LocalError(
            "not_ready", "\(name) did not become ready within \(limit). The end of its log: \(Self.tail(component.program.log))",
            next: "Fix what it names; `helpdesk down` clears what is left.")
    }

    private func launch(_ name: String) throws {
        guard var entry = entries[name], entry.isWanted else { return }
        entry.life += 1
        let life = entry.life
        entry.row.identity = try entry.component.program.start { end in
            Task { await self.ended(name, life: life, end) }
        }
        entry.row.state = .running
        entry.startedAt = .now
        entries[name] = entry
        changed()
    }

    private func ended(_ name: String, life: Int, _ end: ProcessEnd) async {
        guard var entry = entries[name], entry.life == life else { return }
        let delay = entry.delay.after(life: ContinuousClock.now - entry.startedAt)
        entry.lastEnd = end
        entry.row.identity = nil
        entry.row.state = entry.isWanted ? .restarting : .held
        entries[name] = entry
        changed()
        guard entry.isWanted else { return }
        ends.append((name, end))
        logger.warning("a process ended by itself", metadata: ["name": "\(name)", "end": "\(end)", "again_in": "\(delay)"])
        await startAgain(name, after: delay, life: life)
    }

    private func startAgain(_ name: String, after delay: Duration, life: Int) async {
        try? await Task.sleep(for: delay)
        guard let entry = entries[name], entry.isWanted, entry.life == life, entry.row.identity == nil else { return }
        entries[name]?.row.restarts += 1
        do {
            try launch(name)
        } catch {
            logger.error("a process could not be started", metadata: ["name": "\(name)", "error": "\(error)"])
            await startAgain(name, after: RestartDelay.longest, life: life)
        }
    }

    // MARK: Ending

    /// Sends a signal to the process as it runs now. It is started again if it ends of it.
    @discardableResult
    package func signal(_ name: String, _ number: Int32) -> Bool {
        entries[name]?.row.identity?.signal(number) ?? false
    }

    /// Ends it and keeps it down until `resume`.
    package func hold(_ name: String, with signal: Int32? = nil) async {
        entries[name]?.isWanted = false
        await end(name, with: signal)
        entries[name]?.row.state = .held
        changed()
    }

    /// Starts what was held.
    package func resume(_ name: String) throws {
        guard entries[name]?.isWanted == false else { return }
        entries[name]?.isWanted = true
        try launch(name)
    }

    /// Ends it for good.
    package func stop(_ name: String) async {
        entries[name]?.isWanted = false
        await end(name, with: nil)
        forget(name)
    }

    private func end(_ name: String, with signal: Int32?) async {
        guard let entry = entries[name], let identity = entry.row.identity else { return }
        identity.signal(signal ?? entry.component.stopSignal)
        let deadline = ContinuousClock.now + entry.component.stopLimit
        while identity.isAlive {
            if ContinuousClock.now >= deadline {
                logger.error("a process did not end when asked and is killed", metadata: ["name": "\(name)"])
                identity.signal(SIGKILL)
            }
            await Self.pause(.milliseconds(20))
        }
    }

    /// Goes on under cancellation too: what was started must be ended.
    private nonisolated static func pause(_ duration: Duration) async {
        await Task { try? await Task.sleep(for: duration) }.value
    }

    private func forget(_ name: String) {
        entries[name] = nil
        order.removeAll { $0 == name }
        changed()
    }

    private func changed() { onChange(table) }

    private static func tail(_ log: String?) -> String {
        guard let log, let data = FileManager.default.contents(atPath: log) else { return "(no log)" }
        return String(decoding: data.suffix(800), as: UTF8.self)
    }
}
