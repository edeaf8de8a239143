import Domain
import Foundation
import Intelligence
import Stores
import WorkerRuntime

/// The fast path: stores tickets and replies, classified by rules and the local model. Never waits for a language model.
struct TriageStage<Transaction: TicketTransaction>: Stage {
    typealias Input = TicketInput

    enum Decision: Sendable {
        case classified(Classification)
        case screened(TriageClassifier.Screening)
    }

    let name = "triage"
    let classifier: TriageClassifier

    @concurrent func decide(_ event: Event<TicketInput>) async throws -> Decision {
        switch event.payload {
        case .submitted(let ticket):
            FaultPoint.trapIfAsked(ticket.subject + ticket.body)
            return .classified(
                classifier.classify(subject: ticket.subject, body: ticket.body, persona: ticket.persona ?? .trainee))
        case .replied(let reply):
            FaultPoint.trapIfAsked(reply.body)
            return .screened(classifier.screen(reply.body))
        }
    }

    func record(_ decisions: [Decided<TicketInput, Decision>], in transaction: Transaction) throws -> [Outcome] {
        var ids: Set<TicketID> = []
        var submitted: Set<TicketID> = []
        for decided in decisions {
            ids.insert(decided.event.ticket)
            if case .submitted = decided.event.payload { submitted.insert(decided.event.ticket) }
        }
        var locked = try transaction.lock(ids.sorted())
        // A reply without its ticket locks the place with a stub, so that the submission cannot slip in unseen between the look and the parking.
        let orphans = ids.subtracting(submitted).filter { locked[$0] == nil }
        if !orphans.isEmpty { locked.merge(try transaction.lockOrStub(orphans.sorted())) { $1 } }
        let filled = submitted.filter { locked[$0] == .stub }
        let parked = filled.isEmpty ? [] : try transaction.parkedReplies(of: filled.sorted())
        let (changes, outcomes) = fold(decisions, locked, Dictionary(grouping: parked, by: \.ticket))
        try transaction.write(changes)
        return outcomes
    }

    private func fold(
        _ decisions: [Decided<TicketInput, Decision>], _ locked: [TicketID: LockedTicket], _ parked: [TicketID: [ParkedReply]]
    ) -> (TicketChanges, [Outcome]) {
        var fold = TicketFold(stage: name, classifier: classifier, locked: locked)
        var outcomes: [Outcome] = []
        // Replies of this batch that stand before their submission, by position.
        var early: [TicketID: [Int]] = [:]
        for (index, decided) in decisions.enumerated() {
            let event = decided.event
            switch (event.payload, decided.decision) {
            case (.submitted(let payload), .classified(let classification)):
                let existed = fold.has(event.ticket)
                var outcome = fold.submit(payload, of: event, classification)
                if !existed, case .applied(var events) = outcome {
                    for reply in parked[event.ticket] ?? [] { events += fold.unpark(reply) }
                    outcome = .applied(events)
                    for position in early.removeValue(forKey: event.ticket) ?? [] {
                        outcomes[position] = reply(decisions[position], &fold) ?? outcomes[position]
                    }
                }
                outcomes.append(outcome)
            default:
                if let outcome = reply(decided, &fold) {
                    outcomes.append(outcome)
                } else {
                    early[event.ticket, default: []].append(index)
                    outcomes.append(.ignored(""))
                }
            }
        }
        for position in early.values.joined() {
            outcomes[position] = fold.park(decisions[position].raw, of: decisions[position].event)
        }
        return (fold.result, outcomes)
    }

    /// Nil while there is no ticket.
    private func reply(_ decided: Decided<TicketInput, Decision>, _ fold: inout TicketFold) -> Outcome? {
        guard case .replied(let payload) = decided.event.payload, case .screened(let screening) = decided.decision,
            fold.has(decided.event.ticket)
        else { return nil }
        return .applied(fold.reply(payload, of: decided.event, screening))
    }
}
