import Domain
import Kafka
import Logging
import Synchronization

/// What a feed has done so far.
struct FeedCounts: Sendable, Hashable {
    /// Records acknowledged by the log, repeats included.
    var published = 0
    /// Submissions that the gateway accepted, repeats included.
    var posted = 0
    /// Tickets made up so far.
    var tickets = 0
    /// Sent, and nobody knows what became of it.
    var unknown = 0
    /// Refused by the gateway. Should not happen.
    var refused: [String] = []
    /// Waiting for the workers to catch up.
    var isPaused = false
}

/// Feeds tickets to a stack and notes what was acknowledged.
final class Feeder: Sendable {
    struct Options: Sendable {
        /// Tickets per second; nil as fast as they are taken.
        var rate: Double?
        var count = 300
        var mixture = FeedMixture()
        var seed: UInt64 = 1
    }

    private let addresses: StackAddresses
    private let log: AcknowledgedLog
    private let logger: Logger
    private let counts = Mutex(FeedCounts())

    init(_ addresses: StackAddresses, log: AcknowledgedLog, logger: Logger) {
        self.addresses = addresses
        self.log = log
        self.logger = logger
    }

    var progress: FeedCounts { counts.withLock { $0 } }

    /// Feeds until the count is reached or the task is cancelled. What was begun is finished: replies find their tickets.
    @concurrent func run(_ options: Options) async throws {
        let producer = try KafkaProducer(settings: addresses.kafka, logger: logger)
        var pressure = try FeedPressure(addresses, logger: logger)
        let result: Result<Void, any Error>
        do {
            try await feed(options, producer, &pressure)
            result = .success(())
        } catch {
            result = .failure(error)
        }
        await pressure.close()
        await producer.close()
        try result.get()
    }

    private func feed(_ options: Options, _ producer: KafkaProducer, _ pressure: inout FeedPressure) async throws {
        try await producer.warm(topics: [Topics.tickets], within: .seconds(20))
        var plan = FeedPlan(options.mixture, seed: options.seed)
        let start = ContinuousClock.now
        var made = 0
        while made < options.count, !Task.isCancelled {
            var due = 100
            if let rate = options.rate {
                due = Int((ContinuousClock.now - start) / .seconds(1) * rate) + 1 - made
                if due <= 0 {
                    try? await Task.sleep(for: .milliseconds(20))
                    continue
                }
            }
            var steps: [FeedStep] = []
            for _ in 0..<min(due, 100, options.count - made) {
                steps += plan.next()
                made += 1
            }
            try await send(steps, producer, &pressure)
            counts.withLock { $0.tickets = made }
        }
        // Without its own wait for room: it is little, and it must go out even when we are told to stop.
        try await send(plan.rest(), producer, &pressure)
    }

    private func send(_ steps: [FeedStep], _ producer: KafkaProducer, _ pressure: inout FeedPressure) async throws {
        var records: [FeedRecord] = []
        var posts: [FeedPost] = []
        for step in steps {
            switch step {
            case .publish(let record): records.append(record)
            case .post(let post): posts.append(post)
            }
        }
        async let submitted: Void = submit(posts)
        try await publish(records.filter { !$0.isLarge }, producer, &pressure)
        for record in records where record.isLarge { try await publish([record], producer, &pressure) }
        try await submitted
    }

    private func publish(_ records: [FeedRecord], _ producer: KafkaProducer, _ pressure: inout FeedPressure) async throws {
        guard !records.isEmpty else { return }
        let bytes = records.reduce(0) { $0 + Int64($1.byteCount) }
        if !Task.isCancelled {
            try? await pressure.waitForRoom(for: bytes) { counts.withLock { $0.isPaused = true } }
            counts.withLock { $0.isPaused = false }
        }
        try log.note(.attempted, records.map(\.entry))
        let answers = await producer.send(batch: records.map(\.outgoing))
        var acknowledged: [FeedRecord] = []
        for (record, answer) in zip(records, answers) {
            switch answer {
            case .success: acknowledged.append(record)
            case .failure(let error): logger.error("a record was not acknowledged", metadata: ["error": "\(error)"])
            }
        }
        try log.note(.acknowledged, acknowledged.map(\.entry))
        counts.withLock { counts in
            counts.published += acknowledged.count
            counts.unknown += records.count - acknowledged.count
        }
        try await pressure.published(acknowledged)
    }

    private func submit(_ posts: [FeedPost]) async throws {
        guard !posts.isEmpty else { return }
        try log.note(.attempted, posts.map(\.entry))
        let client = GatewayClient(url: addresses.gatewayURL, key: addresses.apiKey)
        var accepted: [FeedEntry] = []
        await withTaskGroup { group in
            var waiting = posts[...]
            for post in waiting.prefix(16) { group.addTask { (post.entry, await client.submit(post)) } }
            waiting = waiting.dropFirst(16)
            for await (entry, answer) in group {
                switch answer {
                case .accepted(let ticket):
                    var entry = entry
                    entry.ticket = ticket
                    accepted.append(entry)
                case .unknown(let reason):
                    logger.warning("a submission was not answered", metadata: ["reason": "\(reason)"])
                    counts.withLock { $0.unknown += 1 }
                case .refused(let status, let text):
                    logger.error("a submission was refused", metadata: ["status": "\(status)", "text": "\(text)"])
                    counts.withLock { $0.refused.append("\(status): \(text)") }
                }
                if let next = waiting.popFirst() { group.addTask { (next.entry, await client.submit(next)) } }
            }
        }
        try log.note(.acknowledged, accepted)
        counts.withLock { $0.posted += accepted.count }
    }
}
