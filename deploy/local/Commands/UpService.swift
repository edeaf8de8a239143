import Foundation
import Logging
import ServiceLifecycle
import Synchronization

/// The life of `helpdesk up`: start, feed, show, until it is told to stop; then everything that was started is ended.
struct UpService: Service, CustomStringConvertible {
    let stack: Stack
    let directory: LocalDirectory
    let feed: Feeder.Options
    let logger: Logger

    var description: String { "helpdesk" }

    func run() async throws {
        var failure: (any Error)?
        do {
            try await cancelWhenGracefulShutdown { @Sendable in try await self.live() }
        } catch is CancellationError {
            // That is how it ends.
        } catch {
            failure = error
        }
        if await stack.isBegun { Terminal.print(failure == nil ? "stopping" : "stopping after a failure") }
        // Apart from this task, which may be cancelled: what was started must be ended.
        await Task { await self.stack.stop() }.value
        if let failure { throw failure }
    }

    private func live() async throws {
        try await stack.start()
        guard let addresses = await stack.addresses else { return }
        let source = try SnapshotSource(addresses, logger: logger)
        do {
            try await show(addresses, source)
        } catch {
            await source.close()
            throw error
        }
        await source.close()
    }

    private func show(_ addresses: StackAddresses, _ source: SnapshotSource) async throws {
        let feeder = Feeder(addresses, log: try AcknowledgedLog(directory.acknowledged), logger: logger)
        var view = LiveView()
        if feed.count > 0 { try await feedAndShow(feeder, source, &view) }
        view.say("following one ticket through all stages")
        let traveller = Traveller(addresses, log: try AcknowledgedLog(directory.acknowledged), logger: logger)
        let journey = try await traveller.travel(within: .seconds(45))
        let whereToLook = WhereToLook(
            addresses: addresses, directory: directory, journey: journey, isDatabasePrivate: stack.options.databaseURL == nil)
        view.say(await whereToLook.text())
        view.interval = .seconds(30)
        while true {
            view.show(await source.look(await stack.supervisor.table), feed.count > 0 ? feeder.progress : nil)
            try await Task.sleep(for: view.pause)
            try await scaleIfAsked()
        }
    }

    /// Returns once everything fed has come to rest.
    private func feedAndShow(_ feeder: Feeder, _ source: SnapshotSource, _ view: inout LiveView) async throws {
        let hasEnded = Atomic(false)
        let feeding = Task {
            defer { hasEnded.store(true, ordering: .releasing) }
            try await feeder.run(feed)
        }
        do {
            var isFed = false
            while !isFed {
                let snapshot = await source.look(await stack.supervisor.table)
                let progress = feeder.progress
                view.show(snapshot, progress)
                // One that failed has ended too, and says so below.
                isFed = hasEnded.load(ordering: .acquiring) && (snapshot.isQuiet || progress.tickets < feed.count)
                try await Task.sleep(for: view.pause)
                try await scaleIfAsked()
            }
        } catch {
            feeding.cancel()
            _ = try? await feeding.value
            throw error
        }
        try await feeding.value
        for refusal in Set(feeder.progress.refused).prefix(3) { view.say("the gateway refused a sample: \(refusal)") }
    }

    private func scaleIfAsked() async throws {
        for kind in WorkerKind.allCases {
            let file = directory.scale(kind)
            guard let data = FileManager.default.contents(atPath: file),
                let count = Int(String(decoding: data, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)),
                WorkerKind.range.contains(count)
            else { continue }
            unlink(file)
            logger.notice("scaling", metadata: ["kind": "\(kind.rawValue)", "workers": "\(count)"])
            try await stack.scale(kind, to: count)
        }
    }
}
