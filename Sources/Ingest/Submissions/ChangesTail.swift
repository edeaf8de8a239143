import Domain
import Foundation
import Kafka
import Logging
import Messaging
import Observability
import ServiceLifecycle
import Stores

/// Follows the changes topic from its end and tells who waits. Reads headers only, and more where somebody listens to a stream.
struct ChangesTail: Service, CustomStringConvertible {
    let settings: KafkaSettings
    let fetchWait: Duration
    let waiters: ClassifiedWaiters
    /// Who waits for any change of a ticket.
    let updates: ClassifiedWaiters
    let streams: TicketStreams
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
                    var isOpen = false
                    while !Task.isCancelled {
                        let records = try await tail.next(upTo: 500, wait: .milliseconds(500))
                        // It began at the end, so that it has reached it once it is open.
                        if !isOpen, await tail.hasReachedEnd {
                            isOpen = true
                            streams.follow(true)
                        }
                        for record in records { tell(record) }
                    }
                } catch {
                    logger.warning("the changes topic cannot be followed, trying again", [.error: "\(error)", .topic: .string(Topics.changes)])
                }
                // What is written until the next one is open is read by nobody.
                streams.follow(false)
                await tail.close()
            } catch {
                logger.error("the changes topic cannot be followed", [.error: "\(error)", .topic: .string(Topics.changes)])
            }
            try? await Task.sleep(for: .seconds(1))
        }
    }

    private func tell(_ record: Record) {
        guard let subject = record.headers[text: "ce_subject"], let ticket = TicketID(subject) else { return }
        let type = record.headers[text: "ce_type"]
        switch type {
        case TicketClassified.type: waiters.classified(ticket)
        case TicketUpdated.type: updates.classified(ticket)
        default: break
        }
        guard streams.hasListeners, let name = type.flatMap(TicketEvent.Name.init(rawValue:)), let value = record.value,
            let change = try? JSONDecoder().decode(Change.self, from: Data(value))
        else { return }
        streams.note(ChangeNotice(name: name, place: ChangePlace(ticket: ticket, version: change.version, answer: change.number)))
    }

    /// Where an event says that its change is stored. What else it says is not believed.
    private struct Change: Decodable {
        let version: Int
        /// Of an answer.
        let number: Int?
    }
}
