import Domain
import Foundation
import Intelligence

/// What Triage counts: exactly what can be counted again from the rows that it stores.
enum Measurements {
    static func ofSubmission(
        _ classification: Classification, _ answer: TicketAnswer, stage: String, message: Message?
    ) -> [MetricRecorded.Measurement] {
        var all = [
            MetricRecorded.Measurement(.ticketsSubmitted), MetricRecorded.Measurement(.classifications, detail: stage),
            MetricRecorded.Measurement(.answers, detail: answer.outcome.rawValue)
        ]
        all += hits(classification.guardrails)
        if let message {
            all.append(MetricRecorded.Measurement(.messagesStored, detail: message.author.kind.rawValue))
            // The answer bears the event time of its ticket.
            all.append(MetricRecorded.Measurement(.firstResponseSeconds, 0, detail: "any"))
        }
        return all
    }

    /// - Parameters:
    ///   - earlier: who had responded before this message.
    ///   - responders: who has with it.
    static func ofReply(
        _ message: Message, from old: Ticket, to ticket: Ticket, stage: String, earlier: Set<Author.Kind>, responders: Set<Author.Kind>
    ) -> [MetricRecorded.Measurement] {
        var all = [MetricRecorded.Measurement(.messagesStored, detail: message.author.kind.rawValue)]
        if ticket.revision != old.revision { all.append(MetricRecorded.Measurement(.classifications, detail: stage)) }
        all += hits(message.guardrails)
        if ticket.cycle != old.cycle { all.append(MetricRecorded.Measurement(.reopenings)) }
        let seconds = max(0, message.at.timeIntervalSince(ticket.submittedAt))
        if earlier.isEmpty && !responders.isEmpty { all.append(MetricRecorded.Measurement(.firstResponseSeconds, seconds, detail: "any")) }
        if !earlier.contains(.agent) && responders.contains(.agent) {
            all.append(MetricRecorded.Measurement(.firstResponseSeconds, seconds, detail: "human"))
        }
        return all
    }

    /// One number for each kind, however many guardrails of the kind fired.
    private static func hits(_ guardrails: [GuardrailHit]) -> [MetricRecorded.Measurement] {
        Dictionary(grouping: guardrails, by: \.kind).sorted { $0.key < $1.key }.map {
            MetricRecorded.Measurement(.guardrailHits, Double($0.value.count), detail: $0.key)
        }
    }
}
