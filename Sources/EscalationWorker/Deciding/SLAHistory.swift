import Domain
import Policy
import Stores

/// What a ticket's history says to its clocks. The rows stand in the order of the versions, so the clocks follow from the history alone.
enum SLAHistory {
    static func events(_ rows: [SLAHistoryRow]) -> [SLAEvent] {
        var events: [SLAEvent] = []
        for row in rows {
            // A response in the same version as a move counts before it: who answers and resolves has answered.
            if let severity = row.value("severity").flatMap(Severity.init) {
                events.append(SLAEvent(events.isEmpty ? .submitted(severity) : .severity(severity), at: row.at))
            }
            if row.value("response") != nil { events.append(SLAEvent(.responded, at: row.at)) }
            if let state = row.value("state").flatMap(TicketState.init) { events.append(SLAEvent(.state(state), at: row.at)) }
        }
        return events
    }
}

extension SLAHistoryRow {
    fileprivate func value(_ field: String) -> String? { changes.last { $0.field == field }?.to }
}
