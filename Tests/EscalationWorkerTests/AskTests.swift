import Domain
import Foundation
import Policy
import Stores
import TestSupport
import Testing

@testable import EscalationWorker

@Suite("Escalations that a person asked for")
struct AskTests {
    @Test("Each ask is told once, with the handover, whatever the rules say")
    func once() throws {
        let desk = try Desk()
        let id = desk.submit { $0.tier = Labelled(.engineer, by: .agent) }
        try desk.nudge(id)
        #expect(try desk.payloads(TicketEscalated.self).isEmpty)
        desk.tables.asks[id] = [EscalationRecord.Ask(id: UUID(), by: .agent, tier: .engineer)]
        try desk.nudge(id)
        try desk.nudge(id)
        let told = try desk.payloads(TicketEscalated.self)
        #expect(told.map(\.rule) == ["asked-by:agent"] && told.first?.tier == .engineer && told.first?.isFinal == true)
        #expect(told.first?.handover.conversation.isEmpty == false)
        desk.tables.asks[id]?.append(EscalationRecord.Ask(id: UUID(), by: .agent, tier: .platform))
        desk.tables.asks[id]?.append(EscalationRecord.Ask(id: UUID(), by: .requester, tier: .generalist))
        try desk.nudge(id)
        #expect(try desk.payloads(TicketEscalated.self).map(\.rule).sorted() == ["asked-by:agent", "asked-by:agent", "asked-by:requester"])
        #expect(desk.rules(id) == ["asked-by:agent", "asked-by:requester"])
        #expect(desk.types().count { $0 == "ticket.escalated" } == 3)
    }

    @Test("A decision of before there were asks is read, and decided alike")
    func oldFacts() throws {
        let facts = PolicyFacts(
            ticket: TicketID(UUID()), version: 1, at: noon, submittedAt: noon, classifiedAt: noon, state: .triaged, requester: "ada",
            persona: .trainee, category: "vpn", tier: Labelled(.selfService, by: .model), severity: Labelled(.low, by: .model), confidence: 0.9,
            language: "en", languageSupported: true)
        let json = try JSONEncoder().encode(facts)
        #expect(!String(decoding: json, as: UTF8.self).contains("asks"))
        #expect(try JSONDecoder().decode(PolicyFacts.self, from: json) == facts)
    }
}
