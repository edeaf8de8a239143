import CPostgres
import Logging

/// Keeps one channel's connection up and fills its buffer until it is let go.
final class ChannelListener: Sendable {
    let buffer: EventBuffer
    private let task: Task<Void, Never>

    init(settings: PostgresSettings, channel: String, limit: Int, logger: Logger) {
        let buffer = EventBuffer(limit: limit)
        self.buffer = buffer
        task = Task { await Self.listen(settings: settings, channel: channel, into: buffer, logger: logger) }
    }

    deinit {
        task.cancel()
        buffer.finish()
    }

    private static func listen(
        settings: PostgresSettings, channel: String, into buffer: EventBuffer, logger: Logger
    ) async {
        let gate = ReconnectGate(pause: settings.reconnectPause)
        while !Task.isCancelled {
            let session = Session(settings: settings, gate: gate, reopens: false)
            do {
                let bell = try WakeUp()
                try await session.listen(to: channel)
                buffer.push(.mayHaveMissed)
                try await withTaskCancellationHandler {
                    while !Task.isCancelled {
                        for payload in try await session.heard(until: bell) { buffer.push(.notification(payload: payload)) }
                    }
                } onCancel: {
                    bell.ring()
                }
            } catch {
                logger.warning("listening was interrupted", metadata: ["channel": "\(channel)", "error": "\(error)"])
                // The gate refuses attempts that come too early; this only keeps the loop from spinning on its refusals.
                try? await Task.sleep(for: settings.reconnectPause.lowerBound)
            }
            await session.close()
        }
    }
}

extension Session {
    func listen(to channel: String) throws {
        try open().executeScript("LISTEN \(SQL.quoted(identifier: channel))")
    }

    /// Waits until something is heard, the bell rings, or half a minute passed, after which the connection proves itself
    /// with a round trip.
    func heard(until bell: WakeUp) throws -> [String] {
        let handle = try open().handle
        var payloads = handle.takeNotifications()
        if payloads.isEmpty {
            if handle.waitReadable(milliseconds: 30_000, or: bell.descriptor) {
                guard PQconsumeInput(handle.pointer) == 1 else { throw PostgresError.connection(handle.lastError) }
            } else {
                try open().executeScript("SELECT 1")
            }
            payloads = handle.takeNotifications()
        }
        return payloads
    }
}

extension ConnectionHandle {
    fileprivate func takeNotifications() -> [String] {
        var payloads: [String] = []
        while let notification = PQnotifies(pointer) {
            payloads.append(String(cString: notification.pointee.extra))
            PQfreemem(notification)
        }
        return payloads
    }
}
