import Domain
import Foundation
import Messaging
import TestSupport
import Testing
@testable import WorkerRuntime

@Suite struct EventCodingTests {
    static let ticket = TicketID("0190b6a1-0000-7000-8000-000000000001")!
    static let place = TopicPartition(topic: "t", partition: 2)
    static let ce = [
        RecordHeader("ce_specversion", "1.0"), RecordHeader("ce_id", "e1"), RecordHeader("ce_source", "/s"),
        RecordHeader("ce_type", "ticket.replied"), RecordHeader("ce_subject", ticket.description)
    ]
    static let reply = #"{"author":{"kind":"requester","id":"u"},"body":"hello","unknown":1}"#

    static func record(_ value: [UInt8]?, _ headers: [RecordHeader] = ce, offset: Int64 = 7, timestamp: Int64? = 1_700_000_000_000) -> Record {
        Record(source: place, offset: offset, timestamp: timestamp, key: nil, value: value, headers: headers, generation: 1)
    }

    static func replacing(_ name: String, _ value: String?) -> [RecordHeader] {
        ce.filter { $0.name != name } + (value.map { [RecordHeader(name, $0)] } ?? [])
    }

    private func message(_ record: Record, fallback: String? = nil) -> String? {
        do throws(InvalidEvent) {
            _ = try RawEvent(record).decode(TicketInput.self, fallbackType: fallback)
            return nil
        } catch {
            return "\(error.reason.rawValue) \(error.message)"
        }
    }

    @Test func binaryMode() throws {
        let event = try RawEvent(Self.record(Array(Self.reply.utf8))).decode(TicketInput.self, fallbackType: nil)
        #expect(event.ticket == Self.ticket && event.source == "/s" && event.type == "ticket.replied")
        #expect(event.origin == "t[2]@7")
        #expect(event.id == .v5(namespace: IDNamespace.event, "/s", "e1"))
        #expect(event.time == Date(timeIntervalSince1970: 1_700_000_000))
    }

    @Test(arguments: [#""data":\#(reply)"#, #""data_base64":"\#(Data(reply.utf8).base64EncodedString())""#])
    func structuredMode(data: String) throws {
        let json = #"{"specversion":"1.0","id":"e1","source":"/s","type":"ticket.replied","subject":"\#(Self.ticket)",\#(data)}"#
        let record = Self.record(Array(json.utf8), [RecordHeader("content-type", "application/cloudevents+json; charset=utf-8")])
        let event = try RawEvent(record).decode(TicketInput.self, fallbackType: nil)
        #expect(event.id == .v5(namespace: IDNamespace.event, "/s", "e1"))
        #expect(event.ticket == Self.ticket)
    }

    @Test func withoutHeadersItIsASubmissionAndTheTicketTakesTheEventsID() throws {
        let json = Array(#"{"requester":{"id":"u"},"subject":"s","body":"b"}"#.utf8)
        let raw = RawEvent(Self.record(json, []))
        let event = try raw.decode(TicketInput.self, fallbackType: TicketSubmitted.type)
        #expect(event.ticket == TicketID(raw.id))
        #expect(event.type == TicketSubmitted.type)
    }

    /// The identity of a record without headers: the same at each delivery, another for any other place, time or payload.
    @Test func placeIdentityIsStable() {
        let one = RawEvent(Self.record([1], []))
        let again = Record(
            source: Self.place, offset: 7, timestamp: 1_700_000_000_000, key: [9], value: [1], headers: [], generation: 5)
        #expect(RawEvent(again).id == one.id)
        for other in [Self.record([2], []), Self.record([1], [], offset: 8), Self.record([1], [], timestamp: 1), Self.record(nil, [])] {
            #expect(RawEvent(other).id != one.id)
        }
        #expect(one.placeID != one.id && RawEvent(again).placeID == one.placeID)
    }

    /// Producers claim what they like: other units than milliseconds, -1, nonsense. Everything after this must be able to write it down.
    @Test(
        arguments: [
            (0, "1970-01-01T00:00:00Z"), (-1, "1970-01-01T00:00:00Z"), (.min, "1970-01-01T00:00:00Z"),
            (1_700_000_000_000, "2023-11-14T22:13:20Z"), (1_700_000_000_000_000, "9999-12-31T23:59:59Z"),
            (1_700_000_000_000_000_000, "9999-12-31T23:59:59Z"), (.max, "9999-12-31T23:59:59Z"),
            (253_402_300_799_000, "9999-12-31T23:59:59Z"), (253_402_300_798_000, "9999-12-31T23:59:58Z")
        ] as [(Int64, String)])
    func receiptIsWithinTheCalendar(timestamp: Int64, text: String) throws {
        let json = Array(Self.reply.utf8)
        let raw = RawEvent(Self.record(json, timestamp: timestamp))
        #expect(RFC3339.string(raw.receivedAt) == text)
        #expect(RFC3339.date(text) == raw.receivedAt)
        let event = try raw.decode(TicketInput.self, fallbackType: nil)
        #expect(event.time == raw.receivedAt)
        let emitted = EmittedEvent(
            SimulatedEvent(ticketID: Self.ticket, number: 1, behaviour: .normal), to: "out", stage: "s", cause: event.id, time: event.time,
            ticket: Self.ticket, traceparent: nil)
        #expect(emitted.record.headers[text: "ce_time"] == text)
        let claimed = RawEvent(Self.record(json, Self.ce + [RecordHeader("ce_time", "2023-11-14T22:13:20Z")], timestamp: timestamp))
        let time = try claimed.decode(TicketInput.self, fallbackType: nil).time
        #expect(time <= claimed.receivedAt && time >= claimed.receivedAt.addingTimeInterval(-EventTime.window))
        // The dead letter keeps the producer's word.
        let letter = DeadLetter.record(of: raw, id: raw.id, reason: .invalid, message: "", stage: "s", attempts: 0)
        #expect(letter.headers[text: "dlq-timestamp"] == String(timestamp))
    }

    @Test(arguments: [Double.nan, .infinity, -.infinity, .greatestFiniteMagnitude, -.greatestFiniteMagnitude, 1e13, -1, 253_402_300_799.999_999_9])
    func everyTimeCanBeWritten(seconds: Double) {
        let text = RFC3339.string(Date(timeIntervalSince1970: seconds))
        #expect(text == (seconds > 0 ? "9999-12-31T23:59:59Z" : "1970-01-01T00:00:00Z"))
        #expect(RFC3339.date(text) != nil)
    }

    @Test func theHashTellsTypeAndPayloadApart() {
        let one = RawEvent(Self.record([1]))
        #expect(one.payloadHash.count == 16)
        #expect(RawEvent(Self.record([2])).payloadHash != one.payloadHash)
        #expect(RawEvent(Self.record([1], Self.replacing("ce_type", "other"))).payloadHash != one.payloadHash)
        #expect(RawEvent(Self.record([1], Self.replacing("ce_time", "2020-01-01T00:00:00Z"))).payloadHash == one.payloadHash)
    }

    @Test func aReplayKeepsItsID() {
        let id = UUID()
        let raw = RawEvent(Self.record([1], Self.ce + [RecordHeader(DeadLetter.eventIDHeader, id.canonical)]))
        #expect(raw.isReplay && raw.id == id)
    }

    @Test func theEnvelopeIsNotParsedWhenItMayKill() {
        let json = #"{"specversion":"1.0","id":"e1","source":"/s","type":"x","data":{}}"#
        let record = Self.record(Array(json.utf8), [RecordHeader("content-type", "application/cloudevents+json")])
        #expect(RawEvent(record, parsesEnvelope: false).attributes.id == nil)
        #expect(RawEvent(record).attributes.id == "e1")
    }

    struct Case: Sendable, CustomTestStringConvertible {
        let name: String
        let record: Record
        let message: String
        var testDescription: String { name }
    }

    static let invalid: [Case] = [
        Case(
            name: "null", record: record(nil),
            message: "invalid body: expected a JSON object, found a null payload; there is nothing to delete on this topic"),
        Case(name: "empty", record: record([]), message: "invalid body: expected a JSON object, found an empty payload"),
        Case(
            name: "huge", record: record(Array(repeating: 32, count: 1_000_001)),
            message: "invalid body: expected at most 1000000 bytes, found 1000001"),
        Case(
            name: "invalid UTF-8",
            record: record(Array(#"{"author":{"kind":"requester","id":"u"},"body":""#.utf8) + [0xFF, 0xFE] + Array(#""}"#.utf8)),
            message: "invalid body: expected a JSON object in UTF-8, found text that is not JSON"),
        Case(
            name: "U+0000", record: record(Array(#"{"author":{"kind":"requester","id":"u"},"body":"a\u0000b"}"#.utf8)),
            message: "invalid field 'body': expected a text without U+0000, found U+0000 in it"),
        Case(
            name: "wrong type of a field", record: record(Array(#"{"author":{"kind":"requester","id":"u"},"body":7}"#.utf8)),
            message: "invalid field 'body': expected a string, found another type"),
        Case(
            name: "missing field", record: record(Array(#"{"author":{"kind":"requester"},"body":"b"}"#.utf8)),
            message: "invalid field 'author.id': expected a value, found nothing"),
        Case(name: "a list", record: record(Array("[1]".utf8)), message: "invalid body: expected an object, found another type"),
        Case(
            name: "no headers and no fallback", record: record(Array(reply.utf8), []),
            message: "invalid expected CloudEvents headers (ce_specversion, ce_id, ce_source, ce_type), found none"),
        Case(
            name: "unknown type", record: record(Array(reply.utf8), replacing("ce_type", "ticket.eaten")),
            message: "unknown_type CloudEvents attribute 'type': expected one of ticket.replied, ticket.submitted, found ticket.eaten"),
        Case(
            name: "no id", record: record(Array(reply.utf8), replacing("ce_id", nil)),
            message: "invalid CloudEvents attribute 'id': expected a text, found nothing"),
        Case(
            name: "version", record: record(Array(reply.utf8), replacing("ce_specversion", "0.3")),
            message: "invalid CloudEvents attribute 'specversion': expected 1.0, found 0.3"),
        Case(
            name: "time", record: record(Array(reply.utf8), ce + [RecordHeader("ce_time", "yesterday")]),
            message: "invalid CloudEvents attribute 'time': expected an RFC 3339 date-time, found yesterday"),
        Case(
            name: "no ticket", record: record(Array(reply.utf8), replacing("ce_subject", nil)),
            message: "invalid field 'ticketId': expected a UUID here or as CloudEvents subject, found neither"),
        Case(
            name: "two tickets",
            record: record(Array(#"{"ticketId":"\#(UUID())","author":{"kind":"requester","id":"u"},"body":"b"}"#.utf8)),
            message: "invalid field 'ticketId': expected the ticket of the CloudEvents subject, found another one")
    ]

    @Test(arguments: invalid) func saysWhatIsWrong(_ it: Case) {
        #expect(message(it.record) == it.message)
    }

    @Test(arguments: [
        ("2023-11-01T00:00:00Z", -7 * 86_400.0), ("2023-11-14T22:13:00Z", -20.0), ("2030-01-01T00:00:00Z", 0.0)
    ]) func eventTimeIsClampedToReceipt(text: String, offset: Double) throws {
        let raw = RawEvent(Self.record(Array(Self.reply.utf8), Self.ce + [RecordHeader("ce_time", text)]))
        let event = try raw.decode(TicketInput.self, fallbackType: nil)
        #expect(event.time.timeIntervalSince1970 == 1_700_000_000 + offset)
    }

    @Test func whatWeEmitWeCanRead() throws {
        let payload = SimulatedEvent(ticketID: Self.ticket, number: 3, behaviour: .failDecide(2))
        let cause = UUID()
        let emitted = EmittedEvent(
            payload, to: "out", stage: "s", cause: cause, time: Date(timeIntervalSince1970: 1_700_000_000), ticket: Self.ticket,
            traceparent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")
        #expect(emitted.id == EmittedEvent(payload, to: "out", stage: "s", cause: cause, time: .now, ticket: Self.ticket, traceparent: nil).id)
        let out = emitted.record
        #expect(out.key == Array(Self.ticket.description.utf8))
        let event = try RawEvent(Self.record(out.value, out.headers)).decode(SimulatedEvent.self, fallbackType: nil)
        #expect(
            event.payload == payload && event.source == "/helpdesk/s"
                && event.traceparent == "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")
    }
}

@Suite struct DeadLetterTests {
    private func letter(_ record: Record, limit: Int = DeadLetter.payloadLimit) -> OutgoingRecord {
        DeadLetter.record(
            of: RawEvent(record), id: UUID(uuidString: "6B1D0E4A-0000-4000-8000-000000000001")!, reason: .failed,
            message: "went wrong", stage: "triage", attempts: 5, payloadLimit: limit)
    }

    @Test func tellsTheStory() {
        let own = [RecordHeader("ce_id", "e1"), RecordHeader("dlq-reason", "old"), RecordHeader("x", nil)]
        let out = letter(EventCodingTests.record([1, 2, 3], own))
        #expect(out.topic == "t.dlq" && out.value == [1, 2, 3])
        #expect(
            out.headers == [
                RecordHeader("ce_id", "e1"), RecordHeader("x", nil), RecordHeader("dlq-reason", "failed"),
                RecordHeader("dlq-message", "went wrong"), RecordHeader("dlq-stage", "triage"), RecordHeader("dlq-attempts", "5"),
                RecordHeader("dlq-topic", "t"), RecordHeader("dlq-partition", "2"), RecordHeader("dlq-offset", "7"),
                RecordHeader("dlq-timestamp", "1700000000000"), RecordHeader("dlq-event-id", "6b1d0e4a-0000-4000-8000-000000000001")
            ])
    }

    @Test func aNullPayloadStaysNull() {
        #expect(letter(EventCodingTests.record(nil)).value == nil)
        #expect(letter(EventCodingTests.record([])).value == [])
    }

    @Test func cutsWhatIsTooLargeAndSaysSo() {
        let out = letter(EventCodingTests.record(Array("abcdef".utf8)), limit: 3)
        #expect(out.value == Array("abc".utf8))
        #expect(out.headers[text: "dlq-truncated-from"] == "6")
        #expect(out.headers[text: "dlq-sha256"] == "bef57ec7f53a6d40beb640a780a639c83bc29ac8a9816f1fc6c5c6dcd93c4721")
        #expect(letter(EventCodingTests.record(Array("abc".utf8)), limit: 3).headers[text: "dlq-sha256"] == nil)
    }
}
