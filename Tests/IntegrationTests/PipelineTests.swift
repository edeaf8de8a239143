import Domain
import Foundation
import Intelligence
import Kafka
import Logging
import Messaging
import Observability
import Postgres
import Stores
import TestSupport
import Testing
import WorkerRuntime

@testable import ClassifierWorker

/// Triage on the real runtime: embedded broker over TCP, real PostgreSQL.
@Suite(.serialized, .timeLimit(.minutes(5))) struct PipelineTests {
    @Test func recordsBecomeRowsAndNudgesOnce() async throws {
        try await withPipeline { pipeline in
            var sent: [TicketID] = []
            for index in 0..<50 {
                let ticket = TicketID(.v7())
                sent.append(ticket)
                let submission = pipeline.submission(ticket, "Ticket \(index): my lab VM freezes")
                try await pipeline.producer.send(submission)
                if index % 5 == 0 { try await pipeline.producer.send(submission) }
                if index % 4 == 0 { try await pipeline.producer.send(pipeline.reply(ticket, "I tried that, it still fails")) }
            }
            try await pipeline.producer.send(
                OutgoingRecord(topic: Topics.tickets, key: nil, value: Array("{broken".utf8), headers: []))
            let run = pipeline.startWorker()
            try await pipeline.until("all stored") {
                let tickets = try await pipeline.count("SELECT count(*) FROM helpdesk.tickets WHERE version > 0")
                let messages = try await pipeline.count("SELECT count(*) FROM helpdesk.messages")
                let dead = try await pipeline.count("SELECT count(*) FROM helpdesk.inbox WHERE outcome = 'dead'")
                let waiting = try await pipeline.count("SELECT count(*) FROM helpdesk.outbox")
                return (tickets, messages, dead, waiting) == (50, 13, 1, 0)
            }
            #expect(try await pipeline.count("SELECT count(*) FROM helpdesk.ticket_history") == 63)
            #expect(try await pipeline.count("SELECT count(*) FROM helpdesk.inbox WHERE outcome = 'applied'") == 63)
            let letters = try await KafkaTail.readAll(
                Topics.deadLetters(of: Topics.tickets), settings: pipeline.kafka, fetchWait: .milliseconds(10), logger: pipeline.logger)
            #expect(letters.map { $0.headers[text: "dlq-reason"] } == ["invalid"])
            #expect(letters.first?.value == Array("{broken".utf8))
            let changes = try await KafkaTail.readAll(
                Topics.changes, settings: pipeline.kafka, fetchWait: .milliseconds(10), logger: pipeline.logger)
            #expect(Set(changes.compactMap { $0.headers[text: "ce_id"] }).count == 63)
            #expect(Set(changes.compactMap { $0.headers[text: "ce_subject"].flatMap { TicketID($0) } }) == Set(sent))
            await run.stop()
            let lag = try await pipeline.lag()
            #expect(lag.values.reduce(0, +) == 0, "\(lag)")
            #expect(try await pipeline.count("SELECT count(*) FROM helpdesk.consumer_assignments WHERE closed_at IS NULL") == 0)
        }
    }

    @Test func aRedeliveryOfEverythingChangesNothing() async throws {
        try await withPipeline { pipeline in
            let tickets = (0..<20).map { _ in TicketID(.v7()) }
            for ticket in tickets { try await pipeline.producer.send(pipeline.submission(ticket, "DNS does not resolve")) }
            let first = pipeline.startWorker()
            try await pipeline.until("stored") { try await pipeline.count("SELECT count(*) FROM helpdesk.tickets WHERE version > 0") == 20 }
            await first.stop()
            // Another group starts from the beginning; the inbox is the same.
            let second = pipeline.startWorker(group: "helpdesk.triage.again")
            try await pipeline.until("read again") { second.duplicates() == 20 }
            await second.stop()
            #expect(try await pipeline.count("SELECT count(*) FROM helpdesk.ticket_history") == 20)
            #expect(try await pipeline.count("SELECT max(version) FROM helpdesk.tickets") == 1)
        }
    }
}
