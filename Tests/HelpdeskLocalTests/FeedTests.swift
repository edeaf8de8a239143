import Domain
import Foundation
import Messaging
import Testing
import WorkerRuntime

@testable import HelpdeskLocal

@Suite("Sample feed")
struct FeedTests {
    @Test("every language has enough templates and no blank that stays open", arguments: SampleTexts.languages.map(\.code))
    func templates(code: String) throws {
        let language = try #require(SampleTexts.languages.first { $0.code == code })
        #expect(language.tickets.count >= 25)
        #expect(language.replies.count >= 6)
        #expect(language.outages.count >= 2 && language.failures.count >= 2)
        #expect(Set(language.tickets.map(\.subject)).count == language.tickets.count)
        var random = FeedRandom(seed: 1)
        let tickets = language.tickets + language.outages + SampleTexts.foreign
        for text in tickets.flatMap({ [$0.subject, $0.body] }) + language.replies + language.failures {
            let filled = SampleTexts.filled(text, module: "L-7", course: "C", using: &random)
            #expect(!filled.contains("{") && !filled.contains("|") && !filled.isEmpty)
        }
    }

    private static let mixture = FeedMixture(duplicates: 0.1, poison: 0.05, replies: 0.3, gateway: 0.1)

    private static func steps(_ mixture: FeedMixture, count: Int = 2000, seed: UInt64 = 3) -> [FeedStep] {
        var plan = FeedPlan(mixture, seed: seed)
        return (0..<count).flatMap { _ in plan.next() } + plan.rest()
    }

    @Test("the mixture holds what was asked for, and the same seed mixes alike")
    func mixture() {
        let steps = Self.steps(Self.mixture)
        let entries = steps.map(\.entry)
        #expect(Set(entries.compactMap(\.poison)) == Set(PoisonKind.allCases))
        #expect(entries.filter { $0.poison == .tooLarge }.count <= 2)
        let ids = Set(entries.map { "\($0.id) \($0.session)" })
        #expect((0.05...0.2).contains(Double(entries.count - ids.count) / Double(ids.count)))
        #expect((150...250).contains(Set(entries.filter { $0.way == .gateway }.map(\.id)).count))
        let replies = Set(entries.filter { $0.kind == .reply })
        #expect((400...600).contains(replies.count))
        let again = Self.steps(Self.mixture).map(\.entry)
        #expect(again.map(\.kind) == entries.map(\.kind) && again.map(\.poison) == entries.map(\.poison))
        #expect(Self.steps(Self.mixture, seed: 4).map(\.entry.poison) != entries.map(\.poison))
    }

    @Test("every reply finds its ticket in the feed, and some come first")
    func replies() {
        var first: [UUID: Int] = [:]
        var replies: [(position: Int, ticket: UUID)] = []
        for (position, entry) in Self.steps(FeedMixture(replies: 0.5)).map(\.entry).enumerated() {
            guard let ticket = entry.ticket else { continue }
            if entry.kind == .ticket { first[ticket] = first[ticket] ?? position } else { replies.append((position, ticket)) }
        }
        #expect(replies.allSatisfy { first[$0.ticket] != nil })
        #expect(replies.contains { $0.position < first[$0.ticket] ?? 0 })
        #expect(replies.contains { $0.position > first[$0.ticket] ?? .max })
    }

    @Test("late tickets lie within the window in which event times are believed, and replies come after them")
    func past() throws {
        let now = Date()
        var times: [UUID: Date] = [:]
        var replies: [(ticket: UUID, at: Date)] = []
        for case .publish(let record) in Self.steps(FeedMixture(replies: 0.5, past: 0.7, failures: 0.1), count: 1000) {
            let time = try #require(record.outgoing.headers[text: "ce_time"].flatMap(RFC3339.date))
            let ticket = try #require(record.entry.ticket)
            if record.entry.kind == .ticket { times[ticket] = time } else { replies.append((ticket, time)) }
        }
        let ages = times.values.map { now.timeIntervalSince($0) }
        #expect(ages.allSatisfy { $0 < EventTime.window - 3600 })
        #expect((600...800).contains(ages.count { $0 > 299 }))
        #expect(ages.contains { $0 > 4 * 86_400 } && ages.count { $0 > 299 && $0 < 86_400 } > 150)
        #expect(replies.allSatisfy { reply in times[reply.ticket].map { $0 <= reply.at.addingTimeInterval(0.001) } ?? false })
        #expect(replies.allSatisfy { $0.at <= Date() })
    }

    @Test("bursts are the same module's outage told by different people, failures are two replies, foreign tickets have none")
    func scenarios() throws {
        func tickets(_ mixture: FeedMixture) throws -> [(ticket: UUID, payload: TicketInput)] {
            try Self.steps(mixture, count: 50).compactMap { step in
                guard case .publish(let record) = step, let ticket = record.entry.ticket, let value = record.outgoing.value else { return nil }
                let type = record.outgoing.headers[text: "ce_type"] ?? ""
                return (ticket, try TicketInput.decode(type: type, from: Data(value)))
            }
        }
        let bursts = Dictionary(
            grouping: try tickets(FeedMixture(replies: 0, gateway: 0, bursts: 1)).compactMap { entry -> TicketSubmitted? in
                guard case .submitted(let payload) = entry.payload else { return nil }
                return payload
            }, by: { "\($0.subject) \($0.course ?? "")" })
        #expect(bursts.values.contains { Set($0.map(\.requester.id)).count >= 4 && Set($0.map(\.module)).count == 1 })
        let failures = Dictionary(grouping: try tickets(FeedMixture(replies: 0, gateway: 0, failures: 1)), by: \.ticket)
        #expect(failures.count == 50 && failures.values.allSatisfy { $0.count == 3 })
        let foreign = try tickets(FeedMixture(replies: 1, gateway: 0, failures: 1, foreign: 1))
        #expect(foreign.count == 50)
    }

    @Test("deadly poison is no event for its reader; everything else is")
    func poisonIsPoison() {
        for case .publish(let record) in Self.steps(Self.mixture) {
            let raw = RawEvent(
                Record(
                    source: TopicPartition(topic: record.outgoing.topic, partition: 0), offset: 0, timestamp: 0, key: record.outgoing.key,
                    value: record.outgoing.value, headers: record.outgoing.headers, generation: 0))
            let event = Result { try raw.decode(TicketInput.self, fallbackType: nil) }
            let isEvent = (try? event.get()) != nil
            #expect(isEvent == (record.entry.poison?.isDeadly != true), "\(record.entry)")
            if isEvent {
                #expect(raw.id == Verifier.eventID(record.entry))
                #expect(Evidence.session(record.outgoing.value ?? []) == record.entry.session)
            }
        }
    }

    @Test("the log tells attempts from acknowledgements and survives a torn last line")
    func log() throws {
        let directory = try TestDirectory()
        defer { directory.remove() }
        let entries = Self.steps(FeedMixture(), count: 3).map(\.entry)
        do {
            let log = try AcknowledgedLog(directory.local.acknowledged)
            try log.note(.attempted, entries)
            try log.note(.acknowledged, entries.prefix(1))
        }
        let torn = try #require(FileHandle(forWritingAtPath: directory.local.acknowledged))
        try torn.seekToEnd()
        try torn.write(contentsOf: Data(#"{"state":"acknowl"#.utf8))
        try torn.close()
        var evidence = Evidence()
        try evidence.readLog(directory.local.acknowledged)
        #expect(evidence.attempted == Set(entries))
        #expect(evidence.acknowledged == [entries[0]])
        #expect(evidence.since > 0)
        _ = try AcknowledgedLog(directory.local.acknowledged)
        #expect(try AcknowledgedLog.read(directory.local.acknowledged).filter { $0.state == .began }.count == 1)
    }

    @Test("the view fits its width and shows what is away")
    func view() {
        #expect(LiveView.fitted("abcdef", to: 4) == "abc…")
        #expect(LiveView.fitted("abcd", to: 4) == "abcd")
        var snapshot = Snapshot()
        #expect(LiveView.line(snapshot, nil) == "lag=? database=away")
        #expect(!snapshot.isQuiet)
        snapshot.lags = [.metrics: 2, .triage: 3, .escalation: 0]
        snapshot.counts = Snapshot.Counts(tickets: 5, replies: 2, answers: 6, answered: 4, escalations: 1, breaches: 7, enriched: 3, dead: 1)
        snapshot.processes = [ProcessRow(name: "ingest", state: .restarting, identity: nil, port: nil, restarts: 1, log: nil)]
        #expect(
            LiveView.line(snapshot, FeedCounts(tickets: 9, isPaused: true))
                == "fed=9 (paused) lag=triage:3,escalation:0,metrics:2 tickets=5 replies=2 answers=6 escalations=1 breaches=7 dead=1 parked=0 "
                + "outbox=0 down=ingest")
        #expect(!snapshot.isQuiet)
        snapshot.lags?[.enrichment] = 1
        #expect(LiveView.line(snapshot, nil).contains("enrichment:1,escalation:0") && LiveView.line(snapshot, nil).contains("enriched=3"))
        snapshot.lags = [.triage: 0, .enrichment: 9]
        #expect(snapshot.isQuiet)
        let block = LiveView.block(snapshot, since: nil, nil, elapsed: .seconds(2))
        #expect(block.contains { $0.contains("5 tickets, 2 replies") } && block.contains { $0.contains("ingest restarting") })
    }
}
