import Domain
import Foundation
import Kafka
import Logging
import Messaging
import WorkerRuntime

extension Evidence {
    /// Reads every topic of the pipeline from its first record to its end.
    mutating func readTopics(_ addresses: StackAddresses, _ logger: Logger) async throws {
        let consumers = PipelineConsumer.running(hasModel: addresses.hasModel)
        try await readMarks(consumers, addresses, logger)
        for topic in Topics.all {
            let reader = consumers.first { $0.topic == topic }
            for record in try await Self.records(of: topic, addresses, logger) { note(record, reader) }
            let died = PipelineConsumer.allCases.first { $0.topic == topic }
            guard let died else { continue }
            for record in try await Self.records(of: Topics.deadLetters(of: topic), addresses, logger) { noteDeadLetter(record, died) }
        }
    }

    private mutating func readMarks(_ consumers: [PipelineConsumer], _ addresses: StackAddresses, _ logger: Logger) async throws {
        let admin = try KafkaAdmin(settings: addresses.kafka, logger: logger)
        do {
            lag = [:]
            for consumer in consumers {
                for (partition, count) in try await admin.lag(group: consumer.group, topics: [consumer.topic]) where count > 0 {
                    lag["\(consumer.group) \(partition)"] = count
                }
            }
            for topic in Topics.allWithDeadLetters {
                let partitions = try await admin.partitions(of: [topic])
                dropped[topic] = try await admin.watermarks(of: partitions).values.reduce(0) { $0 + $1.low }
            }
            await admin.close()
        } catch {
            await admin.close()
            throw error
        }
    }

    private static func records(of topic: String, _ addresses: StackAddresses, _ logger: Logger) async throws -> [Record] {
        try await KafkaTail.readAll(
            topic, settings: addresses.kafka, upTo: 5_000_000, within: .seconds(120), fetchWait: .milliseconds(10), logger: logger)
    }

    private mutating func note(_ record: Record, _ reader: PipelineConsumer?) {
        let raw = RawEvent(record)
        let isOld = isOld(record)
        if raw.isReplay { sentBack.insert(raw.id) }
        if let reader, !isOld { unread.append(Unread(consumer: reader, inboxID: raw.id, origin: raw.origin)) }
        guard record.source.topic != Topics.tickets, !raw.isReplay else { return }
        let body = record.value.flatMap { try? JSONDecoder().decode(Body.self, from: Data($0)) }
        told.append(
            Told(
                topic: record.source.topic, id: raw.attributes.id ?? "", type: raw.attributes.type ?? "", hash: raw.payloadHash,
                ticket: body?.ticketId, revision: body?.revision, message: body?.messageId, number: body?.number, about: body?.target ?? body?.rule,
                cycle: body?.cycle))
    }

    /// The verifier's own reading of an event, by the names of the contract.
    private struct Body: Decodable {
        var ticketId: UUID?
        var revision: Int?
        var messageId: UUID?
        var number: Int?
        var rule: String?
        var target: String?
        var cycle: Int?
    }

    /// What an older run left on a real cluster is none of our business.
    private func isOld(_ record: Record) -> Bool { record.timestamp.map { Double($0) / 1000 < since } ?? false }

    private mutating func noteDeadLetter(_ record: Record, _ consumer: PipelineConsumer) {
        guard !isOld(record) else { return }
        var origin: String?
        if let topic = record.headers[text: "dlq-topic"], let partition = record.headers[text: "dlq-partition"],
            let offset = record.headers[text: "dlq-offset"]
        {
            origin = "\(topic)[\(partition)]@\(offset)"
        }
        deadLetters.append(
            DeadLetterRow(
                consumer: consumer, source: record.headers[text: "ce_source"], id: record.headers[text: "ce_id"],
                reason: record.headers[text: "dlq-reason"] ?? "", inboxID: record.headers[text: "dlq-event-id"].flatMap(UUID.init(uuidString:)),
                session: record.value.flatMap(Self.session), origin: origin))
    }

    /// The session word in some bytes, which need not be valid text.
    static func session(_ bytes: [UInt8]) -> String? {
        let text = String(decoding: bytes.prefix(200_000), as: UTF8.self)
        // In parentheses: people write of their sessions too.
        guard let start = text.range(of: "(session ") else { return nil }
        let word = text[text.index(after: start.lowerBound)...].prefix(21)
        return word.count == 21 ? String(word) : nil
    }
}
