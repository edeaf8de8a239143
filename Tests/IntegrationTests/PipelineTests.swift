import Domain
import Foundation
import Intelligence
import Kafka
import Knowledge
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
                let messages = try await pipeline.count("SELECT count(*) FROM helpdesk.messages WHERE author_kind = 'requester'")
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
            // Classified and answered for each ticket, updated for each reply.
            #expect(Set(changes.compactMap { $0.headers[text: "ce_id"] }).count == 113)
            let metrics = try await KafkaTail.readAll(
                Topics.metrics, settings: pipeline.kafka, fetchWait: .milliseconds(10), logger: pipeline.logger)
            #expect(Set(metrics.compactMap { $0.headers[text: "ce_id"] }).count == 63)
            #expect(Set(changes.compactMap { $0.headers[text: "ce_subject"].flatMap { TicketID($0) } }) == Set(sent))
            await run.stop()
            let lag = try await pipeline.lag()
            #expect(lag.values.reduce(0, +) == 0, "\(lag)")
            #expect(try await pipeline.count("SELECT count(*) FROM helpdesk.consumer_assignments WHERE closed_at IS NULL") == 0)
        }
    }

    /// Each of these once stopped a worker, or was lost without a word. A good ticket behind them shows that nobody waits for them.
    @Test func recordsThatQuoteOverflowOrPretendEndWhereTheyBelong() async throws {
        try await withPipeline { pipeline in
            let good = TicketID(.v7()), foreign = TicketID(.v7()), traced = TicketID(.v7())
            func raw(_ body: String, _ headers: [RecordHeader] = [], key: [UInt8]? = nil) -> OutgoingRecord {
                OutgoingRecord(topic: Topics.tickets, key: key, value: Array(body.utf8), headers: headers)
            }
            var tagged = pipeline.submission(foreign, "another product's header")
            tagged.headers.append(RecordHeader("dlq-event-id", "abc"))
            var long = pipeline.submission(traced, "a trace context of half a megabyte")
            long.headers.append(RecordHeader("traceparent", String(repeating: "0", count: 500_000)))
            let ghost = [RecordHeader("dlq-event-id", "7f0e8a52-1c1c-4b53-9a5e-0c8b1d1f2a3b")]
            let records = [
                // The decoder's complaint quotes the value.
                raw(#"{"requester":{"id":"x"},"subject":"s","body":"b","persona":"\u0000"}"#),
                raw("{", [RecordHeader("padding", String(repeating: "h", count: 800_000))]),
                raw("{", key: [UInt8](repeating: 7, count: 800_000)),
                // One dead letter twice, as two records.
                raw("{", ghost), raw("{", ghost),
                raw(
                    #"{"specversion":"1.0","id":"1","type":"ticket.submitted","source":"a\u0000","data":{}}"#,
                    [RecordHeader("content-type", "application/cloudevents+json")]),
                tagged, long, pipeline.submission(good, "the neighbour")
            ]
            for record in records { try await pipeline.producer.send(record) }
            let run = pipeline.startWorker()
            try await pipeline.until("the neighbours are stored and the others dead") {
                let tickets = try await pipeline.count("SELECT count(*) FROM helpdesk.tickets WHERE version > 0")
                let dead = try await pipeline.count("SELECT count(*) FROM helpdesk.inbox WHERE outcome = 'dead'")
                let waiting = try await pipeline.count("SELECT count(*) FROM helpdesk.outbox")
                return (tickets, dead, waiting) == (3, 5, 0)
            }
            await run.stop()
            #expect(try await pipeline.lag().values.reduce(0, +) == 0)
            let letters = try await KafkaTail.readAll(
                Topics.deadLetters(of: Topics.tickets), settings: pipeline.kafka, fetchWait: .milliseconds(10), logger: pipeline.logger)
            #expect(letters.count == 6)
            #expect(Set(letters.compactMap { $0.headers[text: "dlq-reason"] }) == ["invalid"])
            // Key and headers that would not fit are left out, and the letter says so.
            #expect(letters.filter { $0.headers[text: "dlq-truncated-from"] != nil && $0.key == nil }.count == 2)
        }
    }

    /// A replay is let in once, and only by the row of its dead letter.
    @Test func aDeadLetterComesBackOnce() async throws {
        try await withPipeline { pipeline in
            let ticket = TicketID(.v7())
            try await pipeline.producer.send(pipeline.reply(ticket, "where is my ticket?"))
            let run = pipeline.startWorker()
            try await pipeline.until("parked") { try await pipeline.count("SELECT count(*) FROM helpdesk.parked_replies") == 1 }
            _ = try await pipeline.pool.execute("UPDATE helpdesk.parked_replies SET expires_at = clock_timestamp() - interval '1 second'")
            let rows = try await pipeline.ledger.expireParkedReplies(consumer: TriageWorker.consumer, stage: "triage")
            #expect(rows.count == 1)
            #expect(try await pipeline.count("SELECT count(*) FROM helpdesk.tickets") == 0)
            for row in rows { try await pipeline.producer.send(row.record) }

            let letters = try await KafkaTail.readAll(
                Topics.deadLetters(of: Topics.tickets), settings: pipeline.kafka, fetchWait: .milliseconds(10), logger: pipeline.logger)
            let letter = try #require(letters.first)
            #expect(letter.headers[text: "dlq-reason"] == "orphaned_reply")
            let id = try #require(letter.headers[text: "dlq-event-id"].flatMap(UUID.init(uuidString:)))
            let back = try DeadLetter.replay(of: letter)
            // Nobody opened the way: refused as a duplicate.
            try await pipeline.producer.send(back)
            try await pipeline.until("turned away") { run.duplicates() == 1 }

            try await pipeline.producer.send(pipeline.submission(ticket, "it came after all"))
            #expect(try await DeadLetterQueries(pipeline.pool, consumer: TriageWorker.consumer).beginReplay(id))
            try await pipeline.producer.send(back)
            try await pipeline.producer.send(back)
            try await pipeline.until("applied once") {
                let messages = try await pipeline.count("SELECT count(*) FROM helpdesk.messages WHERE author_kind = 'requester'")
                return messages == 1 && run.duplicates() == 2
            }
            await run.stop()
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
            #expect(try await pipeline.count("SELECT count(*) FROM helpdesk.answers") == 20)
            #expect(try await pipeline.count("SELECT count(*) FROM helpdesk.messages") == 20)
        }
    }

    @Test func aTicketGetsItsAnswerWithTheEvidenceOfIt() async throws {
        try await withPipeline { pipeline in
            let ticket = TicketID(.v7())
            try await pipeline.producer.send(pipeline.submission(ticket, "I lost my phone and need an MFA reset for my account"))
            let run = pipeline.startWorker()
            let queries = TicketQueries(pipeline.pool)
            try await pipeline.until("answered") { try await queries.shownAnswer(of: ticket, in: .all) != nil }
            await run.stop()
            let answer = try #require(try await queries.shownAnswer(of: ticket, in: .requester("mara")))
            #expect(answer.outcome == .answered && answer.number == 1 && answer.library == shippedLibrary.version)
            #expect(answer.citations.first?.hasPrefix("authentication-policy-2024@") == true)
            #expect(answer.articles.contains { $0.chunk == answer.citations.first && !$0.words.isEmpty })
            let detail = try #require(try await queries.detail(ticket, in: .requester("mara"), includingInternal: false))
            #expect(detail.messages.map(\.id) == [answer.messageID] && detail.messages.first?.author == .helpdesk)
            #expect(detail.messages.first?.body == answer.text)
            #expect(detail.ticket.answer == .answered && detail.ticket.messageCount == 1)
        }
    }

    @Test func nothingIsDecidedAndNothingDiesBeforeTheArticlesAreThere() async throws {
        try await withPipeline { pipeline in
            let knowledge = ActiveKnowledge(), ticket = TicketID(.v7())
            try await pipeline.producer.send(pipeline.submission(ticket, "I lost my phone and need an MFA reset for my account"))
            let run = pipeline.startWorker(knowledge: knowledge)
            try await pipeline.until("it stands still") { run.standsStill }
            #expect(try await pipeline.count("SELECT count(*) FROM helpdesk.inbox") == 0)
            knowledge.use(shippedAnswerer)
            try await pipeline.until("answered") { try await TicketQueries(pipeline.pool).shownAnswer(of: ticket, in: .all) != nil }
            #expect(!run.standsStill)
            await run.stop()
        }
    }

    /// The database's articles are the ones that are answered from, and a new version is taken up while the worker runs.
    @Test func theActiveLibraryIsLoadedAndReloaded() async throws {
        try await withPipeline { pipeline in
            let store = KnowledgeStore(pipeline.pool), knowledge = ActiveKnowledge(), health = HealthState()
            let reload = KnowledgeReload(store: store, knowledge: knowledge, health: health, logger: pipeline.logger)
            #expect(!health.report().isReady)
            try await reload.reload()
            #expect(health.report().isReady && knowledge.answerer != nil && knowledge.answerer?.library == nil)
            let articles = ArticleFolder.stored(shippedLibrary, shippedArticles)
            _ = try await store.sync(version: shippedLibrary.version, articles: articles, by: "test")
            try await reload.reload()
            #expect(knowledge.answerer?.library?.version == shippedLibrary.version)
            let fewer = shippedArticles.filter { !$0.name.hasPrefix("03-") }.map {
                ArticleFile(
                    name: $0.name,
                    text: $0.text.replacing("supersedes: [authentication-policy-2023]\n", with: "").replacing(
                        "](03-authentication-policy-2023.md)", with: ")"))
            }
            let library = try ArticleLibrary.load(files: fewer)
            _ = try await store.sync(version: library.version, articles: ArticleFolder.stored(library, fewer), by: "test")
            try await reload.reload()
            #expect(knowledge.answerer?.library?.version == library.version)
            // Articles that are not what their version says are not taken up.
            _ = try await store.sync(version: "000000000000", articles: articles, by: "test")
            await #expect(throws: LibraryDiffers.self) { try await reload.reload() }
            #expect(knowledge.answerer?.library?.version == library.version && health.report().isReady)
        }
    }
}
