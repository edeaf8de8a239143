import Domain
import Foundation
import Policy
import Stores

/// What an evaluation of one ticket came to, before incidents are settled.
struct Verdict {
    /// As it is from now on.
    var ticket: Ticket
    var cause: EscalationCause
    /// Event time of what changed: the cause's, and never before the ticket's newest change.
    var at: Date
    var facts: PolicyFacts
    var decision: PolicyDecision
    /// Present when the ticket's row changes.
    var history: HistoryEntry?
    /// Present when the policy says something else than before.
    var record: StoredDecision?
    var clocks: ClockBook
    /// What is stored of the rules that fired before in this cycle.
    var earlier: [EscalationRecord.Earlier]
    var timers: [TimerKind: Date]
    /// What the rows of its timers say so far.
    var seenTimers: [TimerKind: Date]

    /// Rules of which somebody is to be told, or a row written.
    var news: [FiredRule] { decision.escalations + decision.notices }

    var timerChanges: [TimerChange] {
        TimerKind.allCases.compactMap { kind in
            let (old, new) = (seenTimers[kind], timers[kind])
            guard old?.microseconds != new?.microseconds else { return nil }
            return TimerChange(ticket: ticket.id, kind: kind, seen: old, dueAt: new)
        }
    }
}
