import Domain
import Foundation
import Testing

/// A ticket of ada's in a state.
private func ticket(_ state: TicketState = .triaged, _ change: (inout Ticket) -> Void = { _ in }) -> Ticket {
    let now = Date(timeIntervalSince1970: 1_763_000_000)
    var ticket = Ticket(
        id: TicketID(UUID()), version: 3, state: state, requester: Requester(id: "ada"), persona: .trainee, channel: "api", subject: "s",
        body: "b", course: nil, module: nil, language: "en", category: Labelled("vpn", by: .model), tier: Labelled(.selfService, by: .model),
        severity: Labelled(.low, by: .rule), confidence: 0.5, needsHuman: false, guardrails: [], revision: 1, failedAttempts: 0,
        messageCount: 1, classifiedAt: now, source: "t", submittedAt: now, updatedAt: now)
    change(&ticket)
    return ticket
}

private let eve = Author(kind: .agent, id: "eve"), ada = Author(kind: .requester, id: "ada")
private let later = Date(timeIntervalSince1970: 1_763_000_100)

private func apply(_ edit: TicketEdit, to ticket: Ticket, as party: TicketParty = .agent, reason: String? = nil) throws -> EditedTicket? {
    try ticket.applying(edit, as: party, by: party == .agent ? eve : ada, reason: reason, at: later)
}

@Suite("The state machine of tickets")
struct TicketTransitionTests {
    /// The table of the design, spelt out once more: rows from, columns to.
    static let agent: [TicketState: Set<TicketState>] = [
        .new: [.inProgress, .waitingRequester, .onHold, .resolved, .cancelled],
        .triaged: [.inProgress, .waitingRequester, .onHold, .resolved, .cancelled],
        .inProgress: [.waitingRequester, .onHold, .resolved, .cancelled],
        .waitingRequester: [.inProgress, .onHold, .resolved, .cancelled],
        .onHold: [.inProgress, .waitingRequester, .resolved, .cancelled],
        .resolved: [.inProgress, .closed], .closed: [], .merged: [], .cancelled: []
    ]

    @Test("Every state to every state by everybody", arguments: TicketState.allCases)
    func everything(from: TicketState) throws {
        for to in TicketState.allCases {
            for party in TicketParty.allCases {
                let allowed: Bool =
                    switch party {
                    case .agent: Self.agent[from]?.contains(to) == true
                    case .requester: from.isOpen ? [.resolved, .cancelled].contains(to) : from == .resolved && to == .inProgress
                    }
                #expect(TicketTransitions.destinations(from: from, by: party).contains(to) == allowed, "\(from) \(to) \(party)")
                let start = ticket(from) { $0.mergedInto = from == .merged ? TicketID(UUID()) : nil }
                if allowed {
                    let edited = try #require(try apply(.move(to), to: start, as: party, reason: "why"))
                    #expect(edited.ticket.state == to && edited.ticket.version == 4 && edited.ticket.updatedAt == later)
                    #expect(edited.ticket.cycle == (!from.isOpen && to.isOpen ? 2 : 1), "a reopening begins a cycle, nothing else does")
                    #expect(edited.changes.contains(FieldChange("state", from: from.rawValue, to: to.rawValue)))
                } else if from != to || from == .merged {
                    #expect(throws: EditRefusal.self) { try apply(.move(to), to: start, as: party, reason: "why") }
                } else {
                    #expect(try apply(.move(to), to: start, as: party, reason: "why") == nil)
                }
            }
        }
    }

    @Test("Agents must say why they hold, cancel or reopen; requesters need not")
    func reasons() throws {
        for (from, to) in [(TicketState.triaged, TicketState.onHold), (.triaged, .cancelled), (.resolved, .inProgress)] {
            #expect(throws: EditRefusal.needsReason) { try apply(.move(to), to: ticket(from)) }
        }
        #expect(try apply(.move(.resolved), to: ticket())?.ticket.state == .resolved)
        #expect(try apply(.move(.cancelled), to: ticket(), as: .requester)?.ticket.state == .cancelled)
        #expect(try apply(.move(.inProgress), to: ticket(.resolved), as: .requester)?.ticket.cycle == 2)
    }

    @Test("Only what is open or resolved can be merged", arguments: TicketState.allCases)
    func merging(state: TicketState) {
        #expect(TicketTransitions.mayMerge(state) == (state.isOpen || state == .resolved))
    }
}

@Suite("Edits by hand")
struct TicketEditTests {
    @Test("An agent's label outranks every other, and is kept as a correction even where it confirms")
    func corrections() throws {
        let edited = try #require(try apply(.correct(category: "lab", tier: .platform, severity: .low), to: ticket(), reason: "seen"))
        #expect(edited.ticket.category == Labelled("lab", by: .agent) && edited.ticket.tier == Labelled(.platform, by: .agent))
        #expect(edited.ticket.severity == Labelled(.low, by: .agent) && edited.ticket.revision == 2)
        #expect(edited.corrections.map(\.label) == [.category, .tier, .severity])
        #expect(edited.corrections.map(\.from) == ["vpn", "0", "low"] && edited.corrections.map(\.fromSource) == [.model, .model, .rule])
        #expect(edited.corrections.allSatisfy { $0.version == 4 && $0.reason == "seen" && $0.agent == "eve" && $0.at == later })
        #expect(!edited.isInternal)
        // What others say later changes nothing.
        for source in [LabelSource.model, .llm, .rule] {
            #expect(edited.ticket.tier.raising(Labelled(.platform, by: source)).source == .agent)
            #expect(edited.ticket.severity.raising(Labelled(.critical, by: source)) == Labelled(.low, by: .agent))
            #expect(edited.ticket.category.merging(Labelled("other", by: source)).value == "lab")
        }
        #expect(try apply(.correct(category: "lab", tier: nil, severity: nil), to: edited.ticket, reason: "again") == nil)
    }

    @Test("Escalations raise and never lower")
    func escalations() throws {
        let edited = try #require(try apply(.escalate(.engineer), to: ticket(), reason: "r"))
        #expect(edited.ticket.tier == Labelled(.engineer, by: .agent) && edited.ticket.needsHuman && edited.kind == .escalated)
        #expect(throws: EditRefusal.notHigher(.engineer)) { try apply(.escalate(.engineer), to: edited.ticket) }
        #expect(throws: EditRefusal.ended(.resolved)) { try apply(.escalate(.engineer), to: ticket(.resolved)) }
        let asked = try #require(try apply(.askForHuman, to: ticket(), as: .requester))
        #expect(asked.ticket.tier == Labelled(.generalist, by: .rule) && asked.ticket.needsHuman)
        let again = try #require(try apply(.askForHuman, to: asked.ticket, as: .requester, reason: "still nobody"))
        #expect(again.changes == [FieldChange("human", from: nil, to: "asked for")] && again.ticket.version == asked.ticket.version + 1)
        let set = ticket { $0.tier = Labelled(.selfService, by: .agent) }
        #expect(try apply(.askForHuman, to: set, as: .requester)?.ticket.tier == Labelled(.selfService, by: .agent))
    }

    @Test("Taking a ticket begins the work; who does it stays inside")
    func taking() throws {
        let taken = try #require(try apply(.take, to: ticket()))
        #expect(taken.ticket.assignee == "eve" && taken.ticket.state == .inProgress && !taken.isInternal)
        let given = try #require(try apply(.assign("bob"), to: taken.ticket))
        #expect(given.ticket.assignee == "bob" && given.isInternal)
        #expect(try apply(.assign("bob"), to: given.ticket) == nil)
        #expect(throws: EditRefusal.ended(.closed)) { try apply(.take, to: ticket(.closed)) }
    }

    @Test("Tags and watchers are sets with an end")
    func sets() throws {
        let tagged = try #require(try apply(.tag(add: ["b", "a", "b"], remove: []), to: ticket()))
        #expect(tagged.ticket.tags == ["a", "b"] && tagged.isInternal)
        #expect(try apply(.tag(add: ["a"], remove: ["x"]), to: tagged.ticket) == nil)
        #expect(try apply(.tag(add: [], remove: ["a"]), to: tagged.ticket)?.ticket.tags == ["b"])
        let many = (0...TicketEdit.largestTagCount).map { "t\($0)" }
        #expect(throws: EditRefusal.tooMany(field: "add", limit: TicketEdit.largestTagCount)) { try apply(.tag(add: many, remove: []), to: ticket()) }
    }

    @Test("A merged ticket is not worked on, and says where to go")
    func merged() {
        let target = TicketID(UUID())
        let start = ticket(.merged) { $0.mergedInto = target }
        for edit in [
            TicketEdit.take, .assign("x"), .tag(add: ["a"], remove: []), .move(.inProgress), .correct(category: "x", tier: nil, severity: nil)
        ] {
            #expect(throws: EditRefusal.merged(into: target)) { try apply(edit, to: start, reason: "r") }
        }
    }
}
