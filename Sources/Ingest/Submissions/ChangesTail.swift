import Domain
import Kafka
import Logging
import Messaging
import Observability
import ServiceLifecycle

/// Follows the changes topic from its end and tells who waits. Reads headers only.
struct ChangesTail: Service, CustomStringConvertible {
    let settings: KafkaSettings
    let fetchWait: Duration
    let waiters: ClassifiedWaiters
    /// Who waits for any change of a ticket.
    let updates: ClassifiedWaiters
    let logger: Logger

    var description: String { "changes tail" }

    func run() async throws {
        await cancelWhenGracefulShutdown { await follow() }
    }

    private func follow() async {
        while !Task.isCancelled {
            do {
                let tail = try KafkaTail(settings: settings, topics: [Topics.changes], from: .end, fetchWait: fetchWait, logger: logger)
                do {
                    while !Task.isCancelled {
                        for record in try await tail.next(upTo: 500, wait: .milliseconds(500)) { tell(record) }
                    }
                } catch {
                    logger.warning("the changes topic cannot be followed, trying again", [.error: "\(error)", .topic: .string(Topics.changes)])
                }
                await tail.close()
            } catch {
                logger.error("the changes topic cannot be followed", [.error: "\(error)", .topic: .string(Topics.changes)])
            }
            try? await Task.sleep(for: .seconds(1))
        }
    }

    private func tell(_ record: Record) {
        guard let subject = record.headers[text: "ce_subject"], let ticket = TicketID(subject) else { return }
        switch record.headers[text: "ce_type"] {
        case TicketClassified.type: waiters.classified(ticket)
        case TicketUpdated.type: updates.classified(ticket)
        default: break
        }
    }
}
