import Domain
import Foundation
import Messaging
import Testing
import WorkerRuntime

@testable import Ingest

@Suite("Names of submissions")
struct NamingTests {
    @Test("Principal and key name the ticket, and nothing else does")
    func keyed() {
        let id = TicketNaming.ticket(principal: "key:a", key: "order-1")
        #expect(id == TicketNaming.ticket(principal: "key:a", key: "order-1"))
        #expect(id != TicketNaming.ticket(principal: "key:b", key: "order-1"))
        #expect(id != TicketNaming.ticket(principal: "key:a", key: "order-2"))
        #expect(id.uuid.uuid.6 >> 4 == 5)
    }

    @Test("A key that the gateway made gives a UUIDv7 of its time, the same again at any gateway")
    func generated() {
        let early = TicketNaming.generatedKey(at: Date(timeIntervalSince1970: 1_700_000_000))
        let late = TicketNaming.generatedKey(at: Date(timeIntervalSince1970: 1_700_000_001))
        let first = TicketNaming.ticket(principal: "key:a", key: early), second = TicketNaming.ticket(principal: "key:a", key: late)
        #expect(first < second)
        #expect(first == TicketNaming.ticket(principal: "key:a", key: early))
        #expect(first.uuid.uuid.6 >> 4 == 7 && first.uuid.uuid.8 >> 6 == 2)
        #expect(first.description.hasPrefix("018bcfe5-6800-7"))
        #expect(early.utf8.count <= 255)
    }

    @Test("Nobody can aim a made-up key at another's ticket")
    func notAimed() {
        let victim = TicketNaming.ticket(principal: "key:a", key: TicketNaming.generatedKey())
        #expect(TicketNaming.ticket(principal: "key:b", key: TicketNaming.generatedPrefix + victim.description) != victim)
    }

    @Test("What only looks like a made key is a key like any other", arguments: ["auto-", "auto-x", "auto-6ba7b810-9dad-11d1-80b4-00c04fd430c8"])
    func lookalikes(key: String) {
        #expect(TicketNaming.ticket(principal: "key:a", key: key).uuid.uuid.6 >> 4 == 5)
    }

    @Test("The record is what Triage reads back")
    func record() throws {
        let ticket = TicketNaming.ticket(principal: "key:a", key: "k")
        let payload = TicketSubmitted(ticketID: ticket, requester: Requester(id: "ada"), subject: "s", body: "b")
        let event = GatewayEvent(payload, id: ticket.uuid, ticket: ticket, traceparent: "00-1-1-01", at: Date(timeIntervalSince1970: 0))
        let raw = RawEvent(
            Record(
                source: TopicPartition(topic: event.record.topic, partition: 3), offset: 7, timestamp: 1000, key: event.record.key,
                value: event.record.value, headers: event.record.headers, generation: 1))
        #expect(raw.id == event.handled.id && raw.payloadHash == event.handled.payloadHash)
        let read = try raw.decode(TicketInput.self, fallbackType: nil)
        #expect(read.payload == .submitted(payload) && read.ticket == ticket && read.source == "/helpdesk/ingest")
        #expect(event.record.topic == Topics.tickets && event.record.key == Array(ticket.description.utf8))
    }
}

@Suite("Remembered idempotency keys")
struct IdempotencyCacheTests {
    let event = UUID()

    @Test func verdicts() {
        let cache = IdempotencyCache(capacity: 10)
        #expect(cache.note(event, payloadHash: [1]) == .new)
        #expect(cache.note(event, payloadHash: [1]) == .same(isAcknowledged: false))
        #expect(cache.note(event, payloadHash: [2]) == .otherBody)
        cache.acknowledge(event)
        #expect(cache.note(event, payloadHash: [1]) == .same(isAcknowledged: true))
        #expect(cache.note(event, payloadHash: [2]) == .otherBody)
        cache.forget(event)
        #expect(cache.note(event, payloadHash: [2]) == .new)
    }

    @Test("It stays within its bound and keeps the newest")
    func bounded() {
        let cache = IdempotencyCache(capacity: 10)
        let events = (0..<100).map { _ in UUID() }
        for event in events { _ = cache.note(event, payloadHash: [1]) }
        #expect(cache.count <= 10)
        for event in events.suffix(5) { #expect(cache.note(event, payloadHash: [1]) != .new) }
    }
}

@Suite("Whether a keyed request was sent before")
struct IdempotencyCheckTests {
    struct Away: Error {}

    let event = GatewayEvent(
        TicketReplied(ticketID: nil, author: Author(kind: .agent, id: "a"), body: "b"), id: UUID(), ticket: TicketID(UUID()),
        traceparent: "")

    func check(reachable: Bool = true, _ answer: @escaping @Sendable (UUID) async throws -> [UInt8]?) -> IdempotencyCheck {
        IdempotencyCheck(cache: IdempotencyCache(capacity: 10), handledHash: answer, isDatabaseReachable: { reachable })
    }

    @Test("The inbox knows the same body: done")
    func done() async throws {
        let hash = event.handled.payloadHash
        guard case .done = try await check({ _ in hash }).look(at: event) else { return #expect(Bool(false), "expected done") }
    }

    @Test("The inbox knows another body: refused")
    func other() async {
        await #expect(performing: { try await check({ _ in [0] }).look(at: event) }, throws: { ($0 as? Problem)?.type == .idempotencyConflict })
    }

    @Test("Nobody knows it, or who knows is away: to be sent", arguments: [0, 1, 2])
    func open(which: Int) async throws {
        let checks = [
            check { _ in nil }, check { _ in throw Away() },
            check(reachable: false) { _ in
                Issue.record("asked while away"); return [0]
            }
        ]
        guard case .open(event.handled.id, isKnown: false) = try await checks[which].look(at: event) else {
            return #expect(Bool(false), "expected open")
        }
    }

    @Test("A database that hangs delays it by half a second, not longer", .timeLimit(.minutes(1)))
    func hanging() async throws {
        let gate = OneShot<Void>()
        let started = ContinuousClock.now
        guard
            case .open = try await check({ _ in
                await gate.value(); return nil
            }).look(at: event)
        else {
            return #expect(Bool(false), "expected open")
        }
        #expect(ContinuousClock.now - started < .seconds(10))
        gate.fulfil(())
    }
}
