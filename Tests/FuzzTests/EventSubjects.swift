import Domain
import Foundation
import Messaging
@testable import Stores
@testable import WorkerRuntime

// What stands on the topics: headers and body of a record, in binary mode, structured mode or without CloudEvents.
extension Subject {
    static let event = Subject(
        "event", seeds: samples,
        words: [
            "ce_id: ", "ce_type: ", "ce_source: ", "ce_time: ", "ce_subject: ", "ce_specversion: 1.0\n",
            "content-type: application/cloudevents+json\n",
            "timestamp: ", "dlq-event-id: ", "data_base64", "\"data\":", "ticket.replied", "ticket.submitted", "\"requester\":{\"id\":\"a\"}",
            "2026-02-30T24:00:60.999999999999Z", "+23:59", "0190b6a1-0000-7000-8000-000000000001", "\n\n"
        ]
    ) { input in
        let raw = RawEvent(record(from: input))
        _ = raw.placeID
        let letter = DeadLetter.record(of: raw, id: raw.id, reason: .invalid, message: "m", stage: "s", attempts: 1)
        try promise(letter.headers.contains { $0.name == DeadLetter.eventIDHeader }, "a dead letter without an id")
        if let context = raw.attributes.traceparent { try promise(context.utf8.count == 55, "a traceparent that would travel on") }
        return try [
            outcome(raw, TicketInput.self, fallback: TicketSubmitted.type), outcome(raw, TicketChange.self), outcome(raw, EnrichmentRequested.self),
            outcome(raw, MetricRecorded.self)
        ].joined(separator: "; ")
    }

    /// Headers as they come off the wire: names without U+0000, values of any bytes.
    static let headers = Subject(
        "headers",
        bytes: [
            Array("ce_id\u{0}1\u{0}ce_type\u{0}ticket.submitted\u{0}traceparent\u{0}00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01".utf8),
            [0, 0, 0xFF, 0, 0x22, 0x5C, 0x0A], []
        ], words: ["ce_", "content-type\u{0}", "traceparent\u{0}", "dlq-event-id\u{0}", "application/cloudevents+json"]
    ) { input in
        let parts = input.split(separator: 0, omittingEmptySubsequences: false)
        var headers: [RecordHeader] = []
        for index in stride(from: 0, to: parts.count, by: 2) {
            // As the consumer makes a text of a C string.
            headers.append(RecordHeader(String(decoding: parts[index], as: UTF8.self), index + 1 < parts.count ? Array(parts[index + 1]) : nil))
        }
        let stored = RecordHeadersJSON.encode(headers)
        try promise(try RecordHeadersJSON.decode(stored) == headers, "headers that change when they are stored")
        let record = Record(source: place, offset: 1, timestamp: 0, key: nil, value: [], headers: headers, generation: 1)
        let attributes = RawEvent(record).attributes
        let known = [attributes.id, attributes.type, attributes.source, attributes.time, attributes.subject, attributes.traceparent]
        return try outcome(RawEvent(record), TicketInput.self) + known.map { $0 == nil ? "-" : "+" }.joined() + "\(attributes.mode)"
    }

    private static let place = TopicPartition(topic: "helpdesk.tickets", partition: 3)

    /// Lines of headers, an empty line, the body. A header without a colon has a null value; `timestamp` is the record's own.
    private static func record(from input: [UInt8]) -> Record {
        var headers: [RecordHeader] = []
        var timestamp: Int64? = 1_700_000_000_000
        var rest = input[...]
        while let end = rest.firstIndex(of: 10), end > rest.startIndex {
            let line = rest[..<end]
            rest = rest[(end + 1)...]
            guard let colon = line.firstIndex(of: 58) else {
                headers.append(RecordHeader(String(decoding: line, as: UTF8.self), nil))
                continue
            }
            let value = line[(colon + 1)...].drop { $0 == 32 }
            let name = String(decoding: line[..<colon], as: UTF8.self)
            if name == "timestamp" {
                timestamp = Int64(String(decoding: value, as: UTF8.self))
            } else {
                headers.append(RecordHeader(name, Array(value)))
            }
        }
        let body = rest.first == 10 ? Array(rest.dropFirst()) : Array(rest)
        return Record(source: place, offset: 7, timestamp: timestamp, key: nil, value: body, headers: headers, generation: 1)
    }

    private static func outcome<Input: EventPayload & Equatable>(_ raw: RawEvent, _: Input.Type, fallback: String? = nil) throws -> String {
        let event: Event<Input>
        do throws(InvalidEvent) {
            event = try raw.decode(Input.self, fallbackType: fallback)
        } catch {
            return try refusal(error.message, limit: 2000)
        }
        let seconds = event.time.timeIntervalSince1970
        try promise((-1e6...253_402_400_000).contains(seconds), "event time \(seconds)")
        switch event.payload as Any {
        case TicketInput.submitted(let payload) as TicketInput: try check(payload, texts: [payload.subject, payload.body, payload.requester.id])
        case TicketInput.replied(let payload) as TicketInput: try check(payload, texts: [payload.body, payload.author.id])
        case let payload as EnrichmentRequested: try check(payload, texts: [payload.subject, payload.body])
        case let payload as MetricRecorded: try check(payload, texts: payload.measurements.compactMap(\.detail))
        case TicketChange.classified(let payload) as TicketChange: try check(payload, texts: [])
        case TicketChange.answered(let payload) as TicketChange: try check(payload, texts: [])
        case TicketChange.updated(let payload) as TicketChange: try check(payload, texts: [])
        default: throw Breach("a payload of an unknown kind")
        }
        return event.type
    }

    /// What was taken can be stored and written again.
    private static func check<Payload: SingleTypePayload & Equatable>(_ payload: Payload, texts: [String]) throws {
        try promise(texts.allSatisfy { !$0.utf8.contains(0) }, "a text with U+0000 was taken")
        let again = try Payload.decode(type: Payload.type, from: Data(payload.encoded()))
        try promise(again == payload, "a payload that changes when it is written")
    }

    private static let ce = """
        ce_specversion: 1.0
        ce_id: e1
        ce_source: /upstream/lms
        ce_time: 2026-01-02T03:04:05.678Z
        ce_subject: 0190b6a1-0000-7000-8000-000000000001
        traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01

        """

    private static let submission = """
        {"schemaVersion":1,"ticketId":"0190b6a1-0000-7000-8000-000000000001","requester":{"id":"ada","name":"Ada","email":"a@example.org"},\
        "persona":"trainee","channel":"mail","subject":"VPN \\"down\\"","body":"It says\\n\\u00e9rror \\uD83D\\uDE00 5","course":"c","module":"m"}
        """

    private static let samples = [
        ce + "ce_type: ticket.submitted\n\n" + submission,
        ce + "ce_type: ticket.replied\n\n" + #"{"author":{"kind":"requester","id":"u"},"visibility":"public","body":"Still broken."}"#,
        ce + "ce_type: ticket.classified\n\n"
            + #"""
            {"ticketId":"0190b6a1-0000-7000-8000-000000000001","version":2,"revision":1,"state":"triaged","language":"en",
            "category":{"value":"vpn","source":"rule"},"tier":{"value":2,"source":"model"},"severity":{"value":"high","source":"agent"},
            "confidence":0.75,"needsHuman":false,"guardrails":["a"]}
            """#,
        ce + "ce_type: ticket.answered\n\n"
            + #"{"version":3,"number":1,"outcome":"grounded","messageId":"0190b6a1-0000-7000-8000-000000000002","citations":["a@1#b"]}"#,
        ce + "ce_type: ticket.updated\n\n" + #"{"version":3,"state":"in_progress","kind":"replied","messageNumber":2}"#,
        ce + "ce_type: enrichment.requested\n\n"
            + #"""
            {"version":1,"revision":1,"messageCount":1,"requester":{"id":"a"},"persona":"trainee","language":"en","subject":"s","body":"b"}
            """#,
        ce + "ce_type: metric.recorded\n\n"
            + #"""
            {"ticketId":"0190b6a1-0000-7000-8000-000000000001","at":1700000000000000,"dimensions":{"category":"vpn","tier":1,"severity":"low",
            "language":"en","persona":"trainee","channel":"api"},"measurements":[{"name":"tickets","value":1,"detail":"x"}]}
            """#,
        "content-type: application/cloudevents+json; charset=utf-8\n\n"
            + #"{"specversion":"1.0","id":"e1","source":"/s","type":"ticket.submitted","time":"2026-01-02T03:04:05Z","data":"# + submission + "}",
        "content-type: application/cloudevents+json\ntimestamp: 1700000000000\n\n"
            + #"{"specversion":"1.0","id":"e1","source":"/s","type":"ticket.replied","subject":"0190b6a1-0000-7000-8000-000000000001","data_base64":""#
            + Data(#"{"author":{"kind":"requester","id":"u"},"body":"hello"}"#.utf8).base64EncodedString() + #""}"#,
        "\n" + submission,
        "null-header\ndlq-event-id: 0190b6a1-0000-7000-8000-000000000003\n\n" + submission
    ]
}
