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
        if feed.count > 0 {
            let hasEnded = Atomic(false)
            let feeding = Task {
                defer { hasEnded.store(true, ordering: .releasing) }
                try await feeder.run(feed)
            }
            var isFed = false
            while !isFed {
                let snapshot = await source.look(await stack.supervisor.table)
                let progress = feeder.progress
                view.show(snapshot, progress)
                let isQuiet = snapshot.lag == 0 && snapshot.counts?.outbox == 0
                // One that failed has ended too, and says so below.
                isFed = hasEnded.load(ordering: .acquiring) && (isQuiet || progress.tickets < feed.count)
                do {
                    try await pause(view.pause)
                } catch {
                    feeding.cancel()
                    _ = try? await feeding.value
                    throw error
                }
            }
            try await feeding.value
            for refusal in Set(feeder.progress.refused).prefix(3) { view.say("the gateway refused a sample: \(refusal)") }
        }
        view.say(await WhereToLook(addresses: addresses, directory: directory).text())
        view.interval = .seconds(30)
        while true {
            view.show(await source.look(await stack.supervisor.table), feed.count > 0 ? feeder.progress : nil)
            try await pause(view.pause)
            try await scaleIfAsked()
        }
    }

    private func pause(_ duration: Duration) async throws { try await Task.sleep(for: duration) }

    private func scaleIfAsked() async throws {
        guard let data = FileManager.default.contents(atPath: directory.scale),
            let count = Int(String(decoding: data, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)), (0...64).contains(count)
        else { return }
        unlink(directory.scale)
        logger.notice("scaling", metadata: ["workers": "\(count)"])
        try await stack.scale(to: count)
    }
}
