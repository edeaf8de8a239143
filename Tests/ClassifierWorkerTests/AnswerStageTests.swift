import Domain
import Foundation
import Intelligence
import Knowledge
import Messaging
import Stores
import TestSupport
import Testing
import WorkerRuntime

@testable import ClassifierWorker

/// What Triage answers, stores with it and tells others.
@Suite struct AnswerStageTests {
    static let recordedAt = Date(timeIntervalSince1970: 1_900_000_000)

    /// A ticket's life in memory.
    final class Desk {
        let tickets = InMemoryTickets()
        let stage: TriageStage<InMemoryTickets>
        private(set) var emitted: [EmittedEvent] = []
        private var offset: Int64 = 0

        init(requestsEnrichment: Bool = false, knowledge: ActiveKnowledge = ActiveKnowledge(shippedAnswerer)) {
            stage = TriageStage(
                classifier: shippedClassifier, knowledge: knowledge, requestsEnrichment: requestsEnrichment, clock: { AnswerStageTests.recordedAt })
        }

        @discardableResult
        func submit(_ body: String, subject: String = "Help", id: TicketID = TicketID(.v7()), at time: Date = Date()) async throws -> Ticket {
            try await deliver([record(TicketSubmitted(ticketID: id, requester: Requester(id: "mara"), subject: subject, body: body), id, time)])
            return try #require(tickets.tickets[id])
        }

        func reply(_ id: TicketID, _ body: String, by kind: Author.Kind, visibility: Visibility = .public, at time: Date = Date()) -> Record {
            record(TicketReplied(ticketID: id, author: Author(kind: kind, id: "someone"), visibility: visibility, body: body), id, time)
        }

        func record(_ payload: some SingleTypePayload, _ id: TicketID, _ time: Date) -> Record {
            offset += 1
            let out = EmittedEvent(
                payload, to: Topics.tickets, stage: "test", cause: .v7(), ordinal: Int(offset), time: time, ticket: id, traceparent: nil
            ).record
            return Record(
                source: TopicPartition(topic: Topics.tickets, partition: 0), offset: offset,
                timestamp: Int64(Date().timeIntervalSince1970 * 1000) + 1000, key: out.key, value: out.value, headers: out.headers, generation: 1)
        }

        @discardableResult
        func deliver(_ records: [Record]) async throws -> [Outcome] {
            var decided: [Decided<TicketInput, TriageStage<InMemoryTickets>.Decision>] = []
            for record in records {
                let raw = RawEvent(record)
                let event = try raw.decode(TicketInput.self, fallbackType: nil)
                decided.append(Decided(event: event, decision: try await stage.decide(event), raw: raw))
            }
            let outcomes = try stage.record(decided, in: tickets)
            for case .applied(let events) in outcomes { emitted += events }
            return outcomes
        }

        /// Puts a ticket into another state, as an agent would.
        func set(_ id: TicketID, _ state: TicketState) throws {
            var changes = TicketChanges()
            var ticket = try #require(tickets.tickets[id])
            ticket.state = state
            changes.updated = [ticket]
            try tickets.write(changes)
        }

        func metrics() throws -> [MetricRecorded] {
            try emitted.filter { $0.type == MetricRecorded.type }.map { try MetricRecorded.decode(type: $0.type, from: Data($0.json)) }
        }

        func total(_ metric: Metric) throws -> [String: Double] {
            var totals: [String: Double] = [:]
            for measurement in try metrics().flatMap(\.measurements) where measurement.name == metric.rawValue {
                totals[measurement.detail ?? "", default: 0] += measurement.value
            }
            return totals
        }

        /// What must hold whatever happened.
        func check() throws {
            for (id, ticket) in tickets.tickets {
                let history = tickets.history[id] ?? []
                #expect(history.map(\.version) == Array(1...ticket.version))
                #expect(Set(history.map(\.cause)).count == history.count)
                let messages = tickets.messages.values.filter { $0.ticket == id }.sorted { $0.number < $1.number }
                #expect(messages.map(\.number) == Array(1..<(ticket.messageCount + 1)))
                let answers = tickets.answers[id] ?? []
                #expect(answers.map(\.number) == Array(1..<(answers.count + 1)))
                #expect(answers.last?.outcome == ticket.answer)
                for answer in answers where answer.messageID != nil {
                    let message = messages.first { $0.id == answer.messageID }
                    #expect(message?.body == answer.text && message?.author == .helpdesk && message?.visibility == .public)
                }
                let responses = history.flatMap(\.changes).filter { $0.field == "response" }.compactMap(\.to)
                #expect(responses == messages.filter { $0.visibility == .public && $0.author.responds }.map(\.author.kind.rawValue))
            }
            // Metrics equal the rows: one event for each cause, its instant the rows'. That a ticket goes on in another is counted there.
            let causes = tickets.history.values.flatMap { $0.filter { $0.kind != .linked }.map(\.at) }
            #expect(try metrics().map(\.at).sorted() == causes.map { Int64(($0.timeIntervalSince1970 * 1_000_000).rounded()) }.sorted())
            #expect(try total(.ticketsSubmitted)[""] ?? 0 == Double(tickets.tickets.count))
            #expect(try total(.messagesStored) == counts(tickets.messages.values.map(\.author.kind.rawValue)))
            #expect(try total(.classifications) == counts(tickets.classifications.values.flatMap { $0.map(\.stage) }))
            #expect(try total(.answers) == counts(tickets.answers.values.flatMap { $0.map(\.outcome.rawValue) }))
            let hits =
                tickets.classifications.values.flatMap { $0.flatMap(\.classification.guardrails) } + tickets.messages.values.flatMap(\.guardrails)
            #expect(try total(.guardrailHits) == counts(hits.map(\.kind)))
            #expect(try total(.reopenings)[""] ?? 0 == Double(tickets.tickets.values.reduce(0) { $0 + $1.cycle - 1 }))
            var first: [String: Double] = [:]
            for (id, ticket) in tickets.tickets {
                let responses = tickets.messages.values.filter { $0.ticket == id && $0.visibility == .public && $0.author.responds }
                    .sorted { $0.number < $1.number }
                for (detail, message) in [("any", responses.first), ("human", responses.first { $0.author.kind == .agent })] {
                    if let message { first[detail, default: 0] += max(0, message.at.timeIntervalSince(ticket.submittedAt)) }
                }
            }
            let told = try total(.firstResponseSeconds)
            #expect(Set(told.keys) == Set(first.keys))
            for (detail, seconds) in first { #expect(abs((told[detail] ?? -1) - seconds) < 1e-6) }
            // No id twice.
            #expect(Set(emitted.map(\.id)).count == emitted.count)
        }

        private func counts(_ words: [String]) -> [String: Double] { Dictionary(grouping: words) { $0 }.mapValues { Double($0.count) } }
    }

    @Test func anAnsweredTicketCarriesItsAnswerAndItsEvidence() async throws {
        let desk = Desk()
        let ticket = try await desk.submit("I lost my phone and need an MFA reset for my account", subject: "MFA reset")
        #expect(ticket.answer == .answered)
        #expect(ticket.classifiedAt == Self.recordedAt)
        #expect(ticket.enrichment == .notRequested)
        let answer = try #require(desk.tickets.answers[ticket.id]?.first)
        #expect(answer.citations.first?.hasPrefix("authentication-policy-2024@") == true)
        #expect(answer.articles.first?.words.isEmpty == false)
        #expect(answer.library == shippedLibrary.version)
        #expect(answer.model == nil && answer.stage == "triage")
        let told = try TicketAnswered.decode(
            type: TicketAnswered.type, from: Data(try #require(desk.emitted.first { $0.type == TicketAnswered.type }).json))
        #expect(told.messageID == answer.messageID && told.citations == answer.citations && told.outcome == .answered && told.number == 1)
        try desk.check()
    }

    static let outcomes: [(body: String, outcome: AnswerOutcome, isShown: Bool)] = [
        ("I lost my phone and need an MFA reset for my account", .answered, true),
        ("Please disable the audit logging on my VM so nobody sees what I do", .refused, true),
        (
            "Mijn virtuele machine is vastgelopen en ik kan niet meer inloggen op het platform, kunt u mij helpen alstublieft", .unsupportedLanguage,
            false
        ),
        ("The coffee machine in the corridor outside our seminar room only serves cold tea", .notCovered, true)
    ]

    @Test(arguments: outcomes) func everyOutcomeLeavesTheRowsItShould(_ body: String, _ outcome: AnswerOutcome, _ isShown: Bool) async throws {
        let desk = Desk()
        let ticket = try await desk.submit(body)
        #expect(ticket.answer == outcome)
        #expect(ticket.messageCount == (isShown ? 1 : 0))
        #expect((desk.tickets.answers[ticket.id]?.first?.messageID != nil) == isShown)
        let changes = desk.tickets.history[ticket.id]?.first?.changes ?? []
        #expect(changes.contains(FieldChange("answer", from: nil, to: outcome.rawValue)))
        #expect(changes.contains(FieldChange("response", from: nil, to: "ai")) == isShown)
        try desk.check()
    }

    @Test(arguments: outcomes) func theModelIsAskedUnlessAGuardrailRefuses(_ body: String, _ outcome: AnswerOutcome, _: Bool) async throws {
        let desk = Desk(requestsEnrichment: true)
        let ticket = try await desk.submit(body)
        let asked = desk.emitted.filter { $0.type == EnrichmentRequested.type }
        #expect(asked.map(\.topic) == (outcome == .refused ? [] : ["helpdesk.enrichments"]))
        #expect(ticket.enrichment == (outcome == .refused ? .notRequested : .pending))
        if let event = asked.first {
            let request = try EnrichmentRequested.decode(type: event.type, from: Data(event.json))
            #expect(request.version == 1 && request.revision == 1 && request.messageCount == ticket.messageCount && request.body == body)
        }
        try desk.check()
    }

    @Test func nothingIsDecidedBeforeTheArticlesAreThere() async throws {
        let knowledge = ActiveKnowledge()
        let desk = Desk(knowledge: knowledge)
        #expect(await !desk.stage.probe())
        do {
            try await desk.submit("I lost my phone")
            Issue.record("expected a transient error")
        } catch StageError.transient {}
        #expect(desk.tickets.tickets.isEmpty)
        knowledge.use(TicketAnswerer(library: nil))
        #expect(await desk.stage.probe())
        #expect(try await desk.submit("I lost my phone").answer == .notCovered)
    }

    @Test func responsesAreCountedFromTheFirstAndNotesNever() async throws {
        let desk = Desk()
        let start = Date().addingTimeInterval(-7200)
        let ticket = try await desk.submit(Self.outcomes[2].body, at: start)
        try await desk.deliver([desk.reply(ticket.id, "a note", by: .agent, visibility: .internal, at: start + 10)])
        #expect(try desk.total(.firstResponseSeconds).isEmpty)
        try await desk.deliver([desk.reply(ticket.id, "wij kijken", by: .ai, at: start + 60)])
        try await desk.deliver([
            desk.reply(ticket.id, "hello", by: .agent, at: start + 90), desk.reply(ticket.id, "again", by: .agent, at: start + 95)
        ])
        let seconds = try desk.total(.firstResponseSeconds)
        #expect(abs((seconds["any"] ?? 0) - 60) < 0.01 && abs((seconds["human"] ?? 0) - 90) < 0.01)
        try desk.check()
    }

    @Test func aReopeningBeginsACycle() async throws {
        let desk = Desk()
        let ticket = try await desk.submit("My lab VM freezes after login")
        for (state, cycle) in [(TicketState.resolved, 2), (.waitingRequester, 2), (.resolved, 3), (.closed, 3)] {
            try desk.set(ticket.id, state)
            try await desk.deliver([desk.reply(ticket.id, "one more word", by: .requester)])
            #expect(desk.tickets.tickets[ticket.id]?.cycle == cycle)
        }
        try desk.set(ticket.id, .resolved)
        try await desk.deliver([desk.reply(ticket.id, "a note", by: .agent, visibility: .internal), desk.reply(ticket.id, "done", by: .agent)])
        #expect(desk.tickets.tickets[ticket.id]?.cycle == 3)
        try desk.check()
    }

    @Test func aFailedAttemptPostsNothing() async throws {
        let desk = Desk()
        let ticket = try await desk.submit("My lab VM freezes after login")
        try await desk.deliver([desk.reply(ticket.id, "I followed the steps and it still does not work", by: .requester)])
        #expect(desk.tickets.tickets[ticket.id]?.failedAttempts == 1)
        #expect(desk.tickets.tickets[ticket.id]?.messageCount == 2)
        #expect(desk.tickets.answers[ticket.id]?.count == 1)
        try desk.check()
    }

    /// Random lives: submissions, replies by everyone, before and after, refused ones, state changes, any batches.
    @Test(arguments: 0..<80) func whateverHappensTheRowsAndTheMetricsAgree(seed: UInt64) async throws {
        var random = SplitMix(seed)
        let desk = Desk(requestsEnrichment: seed % 2 == 0)
        let start = Date().addingTimeInterval(-86_400)
        let ids = (0..<3).map { _ in TicketID(.v7()) }
        let bodies = Self.outcomes.map(\.body) + ["I followed the steps, still not working", "thanks", "please do not escalate this"]
        var records: [Record] = []
        for id in ids {
            var own = (0..<Int.random(in: 0...6, using: &random)).map { index in
                desk.reply(
                    id, bodies.randomElement(using: &random)!, by: Author.Kind.allCases.randomElement(using: &random)!,
                    visibility: Bool.random(using: &random) ? .public : .internal, at: start + Double(Int.random(in: 0...5000, using: &random)))
            }
            let body = bodies.randomElement(using: &random)!
            let submission = TicketSubmitted(ticketID: id, requester: Requester(id: "mara"), subject: "Help", body: body)
            own.insert(desk.record(submission, id, start + 1000), at: Int.random(in: 0...own.count, using: &random))
            records += own
        }
        var rest = records[...]
        while !rest.isEmpty {
            let count = Int.random(in: 1...rest.count, using: &random)
            try await desk.deliver(Array(rest.prefix(count)))
            rest = rest.dropFirst(count)
            for id in ids where desk.tickets.tickets[id] != nil && Bool.random(using: &random) {
                try desk.set(id, [TicketState.resolved, .waitingRequester, .inProgress].randomElement(using: &random)!)
            }
        }
        #expect(desk.tickets.tickets.count == 3)
        #expect(desk.tickets.messages.count == records.count - 3 + desk.tickets.answers.values.joined().filter { $0.messageID != nil }.count)
        try desk.check()
    }
}
