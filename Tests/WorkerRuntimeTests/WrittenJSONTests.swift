import Domain
import Foundation
import Testing

/// What writes its own JSON writes what `JSONEncoder` would have written.
@Suite("Values that write their own JSON")
struct WrittenJSONTests {
    static let texts = [
        "plain", "\"quoted\" and \\ and / too", String(String.UnicodeScalarView((1..<0x80).compactMap(Unicode.Scalar.init))),
        "naïve 🧪 日本語 \u{2028}\u{2029}\u{7F}\u{85}\u{FEFF}", "line\r\nend\t", "<script>&amp;</script>", "e\u{301}\u{200D}", ""
    ]
    static let numbers: [Double] = [
        0, -0.0, 1, -1, 0.1, 1 / 3, 0.5782959461212158, 1e15, -1e15, 1e14, 123_456_789.25, 1e-7, .leastNonzeroMagnitude, .greatestFiniteMagnitude,
        1e21, 9.5e-5
    ]

    private func expectSame(_ value: some JSONWritable) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        #expect(String(decoding: value.json, as: UTF8.self) == String(decoding: try encoder.encode(value), as: UTF8.self))
    }

    private func ticket(_ text: String, confidence: Double = 0.25) -> Ticket {
        var ticket = Ticket(
            id: TicketID(UUID()), version: 3, state: .inProgress, requester: Requester(id: text, name: text, email: nil), persona: .supportEngineer,
            channel: text, subject: text, body: text, course: nil, module: text, language: text, category: Labelled(text, by: .rule),
            tier: Labelled(.engineer, by: .llm), severity: Labelled(.critical, by: .agent), confidence: confidence, needsHuman: true,
            guardrails: [text, "b"], revision: 2, failedAttempts: 0, messageCount: 7, answer: .notCovered, classifiedAt: Date(), source: text,
            submittedAt: Date(), updatedAt: Date())
        ticket.enrichment = .pending
        return ticket
    }

    @Test("Events", arguments: texts)
    func events(text: String) throws {
        let ticket = ticket(text)
        for payload in [
            TicketSubmitted(ticketID: ticket.id, requester: Requester(id: text), subject: text, body: text),
            TicketSubmitted(
                ticketID: nil, requester: Requester(id: "i", name: text, email: "e"), persona: .supportEngineer, channel: text, subject: "s",
                body: "b", course: text, module: text, follows: ticket.id)
        ] {
            try expectSame(payload)
        }
        try expectSame(TicketClassified(ticket))
        try expectSame(TicketUpdated(ticket, kind: .replied))
        let message = Message.answer(text, to: ticket.id, cause: UUID(), number: 4, language: "en", at: Date())
        try expectSame(TicketUpdated(ticket, kind: .replied, message: message))
        try expectSame(TicketAnswered(ticket, number: 1, outcome: .answered, messageID: message.id, citations: [text, "b"], model: text))
        try expectSame(TicketAnswered(ticket, number: 1, outcome: .notCovered, messageID: nil, citations: []))
        try expectSame(EnrichmentRequested(ticket))
        try expectSame(
            MetricRecorded(ticket, at: Date(), Self.numbers.map { MetricRecorded.Measurement(.firstResponseSeconds, $0, detail: text) }))
        try expectSame(MetricRecorded(ticket, at: Date(), []))
    }

    @Test("What an event's general encoder is asked for is what the value writes")
    func dispatch() {
        let payload = TicketClassified(ticket("text"))
        func encoded(_ payload: some SingleTypePayload) -> [UInt8] { payload.encoded() }
        #expect(encoded(payload) == payload.json)
    }

    @Test("Explanations", arguments: texts)
    func explanations(text: String) throws {
        try expectSame([GuardrailHit(rule: text, kind: "k", evidence: text), GuardrailHit(rule: "r", kind: text, evidence: "e")])
        try expectSame([GuardrailHit]())
        try expectSame([Reason(subject: .routing, rule: text, value: text, evidence: text, source: .model)])
        try expectSame([FieldChange(text, from: nil, to: text), FieldChange("b", from: text, to: nil)])
    }

    @Test("Numbers", arguments: numbers)
    func fractions(number: Double) throws {
        let evidence = AnswerEvidence(chunk: "c", score: number, coverage: number, evidence: -number, focus: number / 3, words: ["a", "b"])
        try expectSame([evidence, AnswerEvidence(chunk: "c", score: 1, coverage: 0, evidence: 0, focus: 0, words: [], replaced: "r")])
        try expectSame(TicketClassified(ticket("text", confidence: number)))
    }

    @Test("Ids and times are spelt as before")
    func spelling() {
        for _ in 0..<100 {
            let id = UUID()
            #expect(id.canonical == id.uuidString.lowercased())
        }
        for (seconds, text) in [
            (0.0, "1970-01-01T00:00:00Z"), (951_827_696.789, "2000-02-29T12:34:56.789Z"), (1_700_000_000.000001, "2023-11-14T22:13:20.000001Z"),
            (253_402_300_799, "9999-12-31T23:59:59Z"), (-1, "1970-01-01T00:00:00Z")
        ] {
            #expect(RFC3339.string(Date(timeIntervalSince1970: seconds)) == text)
        }
    }
}
