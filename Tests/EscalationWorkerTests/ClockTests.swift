import Domain
import Foundation
import Policy
import Stores
import TestSupport
import Testing

@testable import EscalationWorker

@Suite("SLA clocks and their timers")
struct ClockTests {
    @Test func `a critical ticket warns after 75 percent and is breached once`() throws {
        let desk = try Desk()
        let id = desk.submit { $0.severity = Labelled(.critical, by: .rule) }
        try desk.nudge(id)
        desk.events = []
        #expect(desk.tables.timers[id]?[.sla] == noon + 675)
        desk.now = noon + 674
        #expect(try desk.runTimers().isEmpty)
        desk.now = noon + 676
        try desk.runTimers()
        #expect(desk.types() == ["sla.warned", "metric.recorded"])
        let warning = try #require(try desk.payloads(SLAWarned.self).first).notice
        #expect(warning.target == .firstResponse && warning.at.date == noon + 675 && warning.dueAt?.date == noon + 900)
        desk.now = noon + 900
        try desk.runTimers()
        try desk.runTimers()
        try desk.nudge(id)
        #expect(desk.types() == ["sla.warned", "metric.recorded", "sla.breached", "metric.recorded"])
        #expect(desk.clock(id, .firstResponse)?.breachedAt == noon + 900)
        // Next is the warning of the resolution.
        #expect(desk.tables.timers[id]?[.sla] == noon + 3 * 3600)
    }

    @Test func `a response in time ends the clock, and what comes late is still told`() throws {
        let desk = try Desk()
        let quick = desk.submit(1) { $0.severity = Labelled(.critical, by: .rule) }
        let slow = desk.submit(2) {
            $0.severity = Labelled(.critical, by: .rule)
            $0.subject = "Nothing alike"
            $0.body = "Another matter entirely, elsewhere"
        }
        try desk.nudge(quick, slow)
        desk.events = []
        desk.tables.change(quick, at: noon + 600, responds: true) { _ in }
        desk.tables.change(slow, at: noon + 1000, responds: true) { _ in }
        desk.now = noon + 1001
        try desk.nudge(quick, slow)
        #expect(desk.clock(quick, .firstResponse)?.status == .satisfied && desk.clock(quick, .firstResponse)?.breachedAt == nil)
        let breaches = try desk.payloads(SLABreached.self)
        #expect(breaches.map(\.ticketID) == [slow] && breaches.first?.notice.at.date == noon + 900)
    }

    @Test func `a clock stands still while the ticket waits for its requester`() throws {
        let desk = try Desk()
        let id = desk.submit { $0.severity = Labelled(.critical, by: .rule) }
        try desk.nudge(id)
        desk.tables.change(id, at: noon + 300) { $0.state = .waitingRequester }
        desk.now = noon + 301
        try desk.nudge(id)
        #expect(desk.tables.timers[id]?[.sla] == nil)
        desk.now = noon + 10_000
        #expect(try desk.runTimers().isEmpty)
        desk.tables.change(id, at: desk.now) { $0.state = .inProgress }
        try desk.nudge(id)
        #expect(desk.tables.timers[id]?[.sla] == noon + 10_375)
        #expect(desk.clock(id, .firstResponse)?.breachedAt == nil)
    }

    @Test func `an escalation that raises the severity shortens the clocks at once`() throws {
        let desk = try Desk()
        let id = desk.submit { $0.category = Labelled("kernel_panic", by: .rule) }
        try desk.nudge(id)
        #expect(desk.clock(id, .firstResponse)?.severity == .high)
        #expect(desk.clock(id, .firstResponse)?.dueAt == noon + 3600)
    }

    @Test func `an old event runs out soon`() throws {
        let desk = try Desk()
        let id = desk.submit {
            $0.severity = Labelled(.critical, by: .rule)
            $0.submittedAt = noon - 898
            $0.updatedAt = noon - 898
        }
        try desk.nudge(id)
        #expect(try desk.payloads(SLAWarned.self).count == 1 && desk.tables.timers[id]?[.sla] == noon + 2)
    }

    @Test func `another policy does not breach what is over`() throws {
        let strict = try shippedPolicy([("medium: {first_response: 4h", "medium: {first_response: 1m")])
        let desk = try Desk()
        let id = desk.submit()
        desk.tables.change(id, at: noon + 3600, responds: true) { _ in }
        desk.now = noon + 3601
        try desk.nudge(id)
        let record = try #require(try desk.tables.records(of: [desk.tables.tickets[id]!])[id])
        let book = ClockBook(SLAHistory.events(record.history), stored: record.clocks, targets: strict.targets, at: desk.now)
        #expect(!book.breached.contains { $0.target == .firstResponse })
        let fresh = ClockBook(SLAHistory.events(record.history), stored: [], targets: strict.targets, at: desk.now)
        #expect(fresh.breached.contains { $0.target == .firstResponse })
    }

    @Test func `a ticket that another holds is left to them`() throws {
        let desk = try Desk()
        let id = desk.submit { $0.severity = Labelled(.critical, by: .rule) }
        try desk.nudge(id)
        desk.now = noon + 700
        desk.tables.heldByOthers = [id]
        #expect(try desk.runTimers().isEmpty)
        desk.tables.heldByOthers = []
        #expect(try desk.runTimers().count == 2)
    }
}
