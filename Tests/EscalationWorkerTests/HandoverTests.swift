import Domain
import Foundation
import Stores
import TestSupport
import Testing
import WorkerRuntime

@testable import EscalationWorker

@Suite("Handovers")
struct HandoverTests {
    private func message(_ number: Int, _ text: String, _ kind: Author.Kind = .requester) -> Message {
        Message(
            id: .v7(), ticket: TicketID(.v7()), number: number, author: Author(kind: kind, id: "x"), visibility: .public, body: text,
            language: "en", guardrails: [], at: noon + Double(number))
    }

    /// Texts that grow most in JSON.
    @Test(arguments: ["\u{01}", "\"", "ü", "🔥", "a"]) func `an event stays far below a megabyte, with the newest messages`(_ filler: String) throws {
        let desk = try Desk()
        let long = String(repeating: filler, count: 100_000)
        let id = desk.submit {
            $0.failedAttempts = 2
            $0.body = long
            $0.subject = String(repeating: filler, count: 500)
            $0.messageCount = 80
        }
        desk.tables.messages[id] = (1...80).map { message($0, String(repeating: filler, count: 3000)) }
        try desk.nudge(id)
        let event = try #require(desk.events.first { $0.type == TicketEscalated.type })
        #expect(event.json.count < 400_000, "\(event.json.count) bytes")
        let handover = try #require(try desk.payloads(TicketEscalated.self).first).handover
        #expect(handover.conversation.first?.number == 0 && handover.conversation.last?.number == 80)
        #expect(handover.conversation.map(\.number) == handover.conversation.map(\.number).sorted())
        #expect(handover.omitted == 80 - (handover.conversation.count - 1))
        #expect(desk.tables.escalations.first?.handover.conversation.isEmpty == true)
    }

    @Test func `it carries what a human would ask for`() throws {
        let desk = try Desk()
        let id = desk.submit {
            $0.course = "Forensics 2"
            $0.module = "L-7"
            $0.persona = .instructor
            $0.failedAttempts = 2
            $0.body = "It fails.\n  kernel: BUG: unable to handle page fault, KE-4001\nPlease help."
            $0.messageCount = 2
        }
        desk.tables.messages[id] = [message(1, "ERR_TOO_MANY_REDIRECTS again"), message(2, "An internal error of ours", .ai)]
        desk.tables.citations[id] = ["02-access@1.2#loop", "02-access@1.2#loop", "05-recovery@1.0#freeze"]
        try desk.nudge(id)
        let handover = try #require(try desk.payloads(TicketEscalated.self).first).handover
        #expect(handover.persona == .instructor && handover.course == "Forensics 2" && handover.module == "L-7")
        #expect(handover.errors == ["ERR_TOO_MANY_REDIRECTS again", "kernel: BUG: unable to handle page fault, KE-4001"])
        #expect(handover.articles == ["02-access@1.2#loop", "05-recovery@1.0#freeze"])
        #expect(handover.conversation.map(\.author) == [.requester, .requester, .ai])
        #expect(handover.summary.contains("documented steps failed 2 times") && handover.summary.contains("module L-7"))
        #expect(handover.submittedAt.date == noon)
    }
}
