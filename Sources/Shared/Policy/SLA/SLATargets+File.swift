import Domain
import Foundation

extension SLATargets {
    /// Reads the sections `calendar` and `sla`; nil when they cannot be used.
    init?(_ root: PolicySection) {
        let mistakes = root.file.problems.count
        let business = root.section("calendar").flatMap { SLACalendar($0) }
        guard let section = root.section("sla") else { return nil }
        section.allow(["warn_at", "pause_in", "targets"])
        let warnAt = section.number("warn_at", in: 0.1...0.99)
        let pauses = section.choices("pause_in", of: TicketState.self)
        if let useless = pauses?.subtracting([.triaged, .inProgress, .waitingRequester, .onHold]), !useless.isEmpty {
            section.report(
                .invalid, at: "pause_in", expected: "states in which an open ticket waits: `waiting_requester`, `on_hold`",
                found: useless.map { "`\($0.rawValue)`" }.sorted().joined(separator: ", "))
        }
        guard let list = section.section("targets") else { return nil }
        list.allow(Severity.allCases.map(\.rawValue))
        var promises: [Severity: Promise] = [:]
        for severity in Severity.allCases {
            promises[severity] = Promise(list, severity, business: business)
        }
        guard root.file.problems.count == mistakes, let warnAt, let pauses, let low = promises[.low], let medium = promises[.medium],
            let high = promises[.high], let critical = promises[.critical]
        else { return nil }
        self.init(low: low, medium: medium, high: high, critical: critical, warnAt: warnAt, pausesIn: pauses)
    }
}

extension SLATargets.Promise {
    /// When a severity's clocks run.
    private enum Hours: String, CaseIterable {
        case business, always
    }

    fileprivate init?(_ list: PolicySection, _ severity: Severity, business: SLACalendar?) {
        guard let section = list.section(severity.rawValue) else { return nil }
        section.allow(["first_response", "resolution", "hours"])
        let range = 60...31_536_000
        let response = section.seconds("first_response", in: range)
        let resolution = section.seconds("resolution", in: range)
        let hours = section.choice("hours", of: Hours.self)
        guard let response, let resolution, let hours else { return nil }
        if resolution < response {
            section.report(
                .invalid, at: "resolution", expected: "at least the first response's \(DurationText.string(response))",
                found: "`\(DurationText.string(resolution))`")
            return nil
        }
        guard let calendar = hours == .always ? .always : business else { return nil }
        self.init(firstResponse: TimeInterval(response), resolution: TimeInterval(resolution), calendar: calendar)
    }
}
