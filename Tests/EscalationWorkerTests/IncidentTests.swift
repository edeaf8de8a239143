import Domain
import Foundation
import Policy
import Stores
import TestSupport
import Testing

@testable import EscalationWorker

@Suite("Look-alikes and incidents")
struct IncidentTests {
    /// Wordings of one outage. The first two are not alike enough; the third is like either of them.
    static let reports = [
        "range network down: no machine in exercise seven answers, since early morning",
        "machine in exercise seven answers no ping, no gateway, no console, please restart it quickly",
        "range network down, no machine in exercise seven answers: no ping, no gateway, no console",
        "range network down, machine in exercise seven answers no ping, gateway neither"
    ]

    private func outage(_ desk: Desk, _ number: UInt8, by requester: String? = nil, _ text: String? = nil) -> TicketID {
        desk.submit(number) {
            $0.subject = "Network down"
            $0.body = text ?? Self.reports[Int(number - 1) % 4]
            if let requester { $0.requester = Requester(id: requester) }
        }
    }

    @Test func `the third person makes an incident, and everybody's ticket is raised under its own lock`() throws {
        let desk = try Desk()
        #expect(similarity(Self.reports[0], Self.reports[1]) < 0.6)
        let a = outage(desk, 1), b = outage(desk, 2)
        try desk.nudge(a)
        try desk.nudge(b)
        #expect(desk.tables.incidents.isEmpty)
        let c = outage(desk, 3)
        try desk.nudge(c)
        let incident = try #require(desk.tables.incidents.first)
        #expect(incident.tickets == [a, b, c] && incident.openedBy == c && incident.severity == .high)
        #expect(desk.rules(c) == ["high-impact", "several-people"] && desk.rules(a).isEmpty)
        #expect(desk.tables.timers[a]?[.evaluate] == desk.now && desk.tables.timers[b]?[.evaluate] == desk.now)
        try desk.runTimers()
        for id in [a, b, c] {
            #expect(desk.rules(id).contains("several-people"))
            #expect(desk.tables.tickets[id]?.severity == Labelled(.high, by: .rule))
        }
        #expect(desk.tables.timers[a]?[.evaluate] == nil)
        // A fourth joins.
        let d = outage(desk, 4)
        try desk.nudge(d)
        try desk.runTimers()
        #expect(desk.tables.incidents.count == 1 && desk.tables.incidents.first?.tickets == [a, b, c, d])
        let opened = try desk.payloads(IncidentOpened.self)
        #expect(opened.map(\.incidentID) == [incident.id] && opened.first?.requesters == 3)
        let told = try desk.payloads(TicketEscalated.self).filter { $0.rule == "several-people" }
        #expect(told.count == 4 && told.allSatisfy { $0.incidentID == incident.id })
        #expect(try desk.payloads(MetricRecorded.self).flatMap(\.measurements).count { $0.name == "incidents" } == 1)
        let writes = desk.tables.writes
        try desk.nudge(a, b, c, d)
        #expect(desk.tables.writes == writes)
    }

    @Test func `one batch opens one incident`() throws {
        let desk = try Desk()
        let ids = (1...4).map { outage(desk, $0) }
        try desk.nudge(ids[0], ids[1], ids[2], ids[3])
        try desk.runTimers()
        #expect(desk.tables.incidents.count == 1 && desk.tables.incidents.first?.tickets == Set(ids))
        #expect(ids.allSatisfy { desk.rules($0).contains("several-people") })
        #expect(desk.types().count { $0 == "incident.opened" } == 1)
    }

    @Test func `one person who writes three times makes none`() throws {
        let desk = try Desk()
        let ids = (1...3).map { outage(desk, $0, by: "mara") }
        try desk.nudge(ids[0], ids[1], ids[2])
        #expect(desk.tables.incidents.isEmpty)
    }

    @Test func `an incident closes with the last of its tickets, once, and the next outage is a new one`() throws {
        let desk = try Desk()
        let ids = (1...3).map { outage(desk, $0) }
        try desk.nudge(ids[0], ids[1], ids[2])
        desk.now += 60
        for id in ids { desk.tables.change(id, at: desk.now) { $0.state = .resolved } }
        try desk.nudge(ids[0], ids[1])
        try desk.nudge(ids[2])
        let closed = try desk.payloads(IncidentClosed.self)
        #expect(closed.count == 1 && closed.first?.ticketCount == 3 && desk.tables.incidents.first?.closedAt == desk.now)
        let more = (11...13).map { outage(desk, $0) }
        try desk.nudge(more[0], more[1], more[2])
        #expect(desk.tables.incidents.count == 2 && Set(desk.tables.incidents.map(\.id)).count == 2)
    }

    @Test func `an incident stays while one of its tickets is open`() throws {
        let desk = try Desk()
        let ids = (1...3).map { outage(desk, $0) }
        try desk.nudge(ids[0], ids[1], ids[2])
        for id in ids.dropLast() { desk.tables.change(id, at: desk.now) { $0.state = .closed } }
        try desk.nudge(ids[0], ids[1])
        #expect(try desk.payloads(IncidentClosed.self).isEmpty)
    }

    // MARK: Similarity

    private func similarity(_ a: String, _ b: String) -> Double {
        LookAlike(subject: "", body: a).similarity(to: LookAlike(subject: "", body: b))
    }

    @Test func `similarity is symmetric, 1 for the same words and 0 for none in common`() {
        let texts = Self.reports + ["", "?!", "Meine VM friert ein", "実験室に接続できません", "7", "\u{0301}\u{200B}", "🔥🔥🔥"]
        for a in texts {
            for b in texts {
                #expect(similarity(a, b) == similarity(b, a))
                #expect((0...1).contains(similarity(a, b)))
            }
        }
        for text in Self.reports { #expect(similarity(text, text + " " + text) == 1) }
        #expect(similarity("", "") == 0 && similarity("alpha bravo", "charlie delta") == 0)
    }

    @Test(arguments: [
        ("My lab VM is frozen in module L-7", "the lab VM froze, module L-7 does not answer", 0.5),
        ("Die Anmeldung lädt immer neu", "die ANMELDUNG laedt immer wieder neu: die Anmeldung ladt", 0.6),
        ("La página de inicio de sesión se recarga", "la pagina de inicio de sesion se recargó sola", 0.6),
        ("実験室のネットワークに接続できません", "実験室のネットワークに繋がらない", 0.5)
    ])
    func `the same thing in other words is alike`(_ a: String, _ b: String, _ least: Double) {
        #expect(similarity(a, b) >= least, "\(similarity(a, b))")
    }

    @Test func `different things are not`() {
        #expect(similarity(Self.reports[0], "I forgot my password and the reset link has expired") < 0.2)
        #expect(similarity("Exercise seven shows the wrong toolset", Self.reports[1]) < 0.5)
    }

    @Test func `a text of any length is read to a limit`() {
        let long = String(repeating: "word ", count: 100_000)
        #expect(LookAlike(subject: "", body: long).words.count == 1)
    }
}
