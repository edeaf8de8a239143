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
        #expect(Set(language.tickets.map(\.subject)).count == language.tickets.count)
        var random = FeedRandom(seed: 1)
        for text in language.tickets.flatMap({ [$0.subject, $0.body] }) + language.replies {
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
        snapshot.lag = 3
        snapshot.counts = Snapshot.Counts(tickets: 5, messages: 2, dead: 1)
        snapshot.processes = [ProcessRow(name: "ingest", state: .restarting, identity: nil, port: nil, restarts: 1, log: nil)]
        #expect(
            LiveView.line(snapshot, FeedCounts(tickets: 9, isPaused: true))
                == "fed=9 (paused) lag=3 tickets=5 replies=2 dead=1 parked=0 outbox=0 down=ingest")
        let block = LiveView.block(snapshot, since: nil, nil, elapsed: .seconds(2))
        #expect(block.contains { $0.contains("5 tickets, 2 replies") } && block.contains { $0.contains("ingest restarting") })
    }
}
