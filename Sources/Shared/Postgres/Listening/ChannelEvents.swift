import Logging

/// What is heard on a channel.
public enum ChannelEvent: Sendable, Equatable {
    /// From here on everything is heard, but something may have been said before: at the start, after the connection was
    /// lost, and when the listener fell behind. Read the state anew.
    case mayHaveMissed
    case notification(payload: String)
}

/// The notifications of one channel, on a connection of its own that is opened again when it is lost. It never ends by
/// itself; it ends when the task that iterates is cancelled. Iterate it once.
public struct ChannelEvents: AsyncSequence, Sendable {
    public typealias Element = ChannelEvent
    public typealias Failure = Never

    let settings: PostgresSettings
    let channel: String
    let limit: Int
    let logger: Logger

    public func makeAsyncIterator() -> AsyncIterator {
        AsyncIterator(listener: ChannelListener(settings: settings, channel: channel, limit: limit, logger: logger))
    }

    public struct AsyncIterator: AsyncIteratorProtocol {
        let listener: ChannelListener

        public mutating func next() async -> ChannelEvent? {
            await listener.buffer.next()
        }

        public mutating func next(isolation actor: isolated (any Actor)?) async -> ChannelEvent? {
            await listener.buffer.next()
        }
    }
}

extension ConnectionPool {
    /// Listens on a channel (LISTEN).
    /// - Parameters:
    ///   - channel: taken as it is, capitals included.
    ///   - limit: events held for a slow reader; beyond it they are replaced by one `mayHaveMissed`.
    public func listen(_ channel: String, limit: Int = 1024) -> ChannelEvents {
        ChannelEvents(settings: settings, channel: channel, limit: limit, logger: logger)
    }
}
