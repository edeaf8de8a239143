import Domain
import Foundation
import Intelligence
import Stores
import WorkerRuntime

/// The fast path: stores tickets and replies, classified by rules and the local model, and answers tickets from the articles. Never waits for
/// a language model.
///
/// A reply is not answered: what the articles say was said, and who asks again gets a human.
struct TriageStage<Transaction: TicketTransaction>: Stage {
    typealias Input = TicketInput

    /// Indirect: copied at every step of its way.
    indirect enum Decision: Sendable {
        case classified(Classification, TicketAnswer)
        case screened(TriageClassifier.Screening)
    }

    let name = "triage"
    let classifier: TriageClassifier
    let knowledge: ActiveKnowledge
    /// Whether a language model is asked to look at what is submitted, later.
    let requestsEnrichment: Bool
    private let clock: @Sendable () -> Date

    /// - Parameter clock: the wall clock.
    init(
        classifier: TriageClassifier, knowledge: ActiveKnowledge, requestsEnrichment: Bool = false,
        clock: @escaping @Sendable () -> Date = { Date() }
    ) {
        self.classifier = classifier
        self.knowledge = knowledge
        self.requestsEnrichment = requestsEnrichment
        self.clock = clock
    }

    @concurrent func probe() async -> Bool { knowledge.answerer != nil }

    @concurrent func decide(_ event: Event<TicketInput>) async throws -> Decision {
        switch event.payload {
        case .submitted(let ticket):
            FaultPoint.trapIfAsked(ticket.subject + ticket.body)
            try FaultPoint.throwIfAsked(ticket.body)
            guard let answerer = knowledge.answerer else { throw StageError.transient("the knowledge base is not read yet") }
            let persona = ticket.persona ?? .trainee
            let classification = classifier.classify(subject: ticket.subject, body: ticket.body, persona: persona)
            let answer = answerer.answer(
                subject: ticket.subject, body: ticket.body, persona: persona, classification: classification,
                isRefused: classifier.refuses(classification))
            return .classified(classification, answer)
        case .replied(let reply):
            FaultPoint.trapIfAsked(reply.body)
            return .screened(classifier.screen(reply.body))
        }
    }

    func record(_ decisions: [Decided<TicketInput, Decision>], in transaction: Transaction) throws -> [Outcome] {
        var ids: Set<TicketID> = []
        var submitted: Set<TicketID> = []
        var replied: Set<TicketID> = []
        for decided in decisions {
            ids.insert(decided.event.ticket)
            if case .submitted = decided.event.payload { submitted.insert(decided.event.ticket) } else { replied.insert(decided.event.ticket) }
        }
        // A reply to a merged ticket goes to the one that went on in its place: all are locked in order of id.
        let chains = replied.isEmpty ? [] : try transaction.mergeChains(of: replied.sorted())
        var locked = try transaction.lock(ids.union(chains).sorted())
        try Self.lockMerged(&locked, transaction)
        // A reply without its ticket locks the place with a stub, so that the submission cannot slip in unseen between the look and the parking.
        let orphans = ids.subtracting(submitted).filter { locked[$0] == nil }
        if !orphans.isEmpty { locked.merge(try transaction.lockOrStub(orphans.sorted())) { $1 } }
        let filled = submitted.filter { locked[$0] == .stub }
        let parked = filled.isEmpty ? [] : try transaction.parkedReplies(of: filled.sorted())
        var fold = TicketFold(
            stage: name, classifier: classifier, requestsEnrichment: requestsEnrichment, locked: locked,
            responders: try responders(decisions, locked, transaction), now: clock())
        let outcomes = Self.apply(decisions, Dictionary(grouping: parked, by: \.ticket), to: &fold)
        let changes = fold.result
        try transaction.write(changes)
        return outcomes
    }

    /// Locks what tickets were merged into between our look and our lock. Out of order, so that another may wait for us as we do for it; the
    /// server ends that, and the batch is done again.
    private static func lockMerged(_ locked: inout [TicketID: LockedTicket], _ transaction: Transaction) throws {
        while true {
            let missing = Set(locked.values.compactMap(\.mergedInto)).filter { locked[$0] == nil }
            if missing.isEmpty { return }
            locked.merge(try transaction.lock(missing.sorted())) { $1 }
        }
    }

    /// Who has responded so far, asked only for stored tickets that get a public message by an agent or the AI now: whether it is the first.
    private func responders(
        _ decisions: [Decided<TicketInput, Decision>], _ locked: [TicketID: LockedTicket], _ transaction: Transaction
    ) throws -> [TicketID: Set<Author.Kind>] {
        var ids: Set<TicketID> = []
        for decided in decisions {
            let place = locked.endOfChain(decided.event.ticket)
            guard case .replied(let reply) = decided.event.payload, reply.author.responds, reply.visibility ?? .public == .public,
                case .ticket = locked[place]
            else { continue }
            ids.insert(place)
        }
        return ids.isEmpty ? [:] : try transaction.responders(to: ids.sorted())
    }

    private static func apply(
        _ decisions: [Decided<TicketInput, Decision>], _ parked: [TicketID: [ParkedReply]], to fold: inout TicketFold
    ) -> [Outcome] {
        var outcomes: [Outcome] = []
        // Replies of this batch that stand before their submission, by position.
        var early: [TicketID: [Int]] = [:]
        for (index, decided) in decisions.enumerated() {
            let event = decided.event
            switch (event.payload, decided.decision) {
            case (.submitted(let payload), .classified(let classification, let answer)):
                let existed = fold.has(event.ticket)
                var outcome = fold.submit(payload, of: event, classification, answer)
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
        return outcomes
    }

    /// Nil while there is no ticket.
    private static func reply(_ decided: Decided<TicketInput, Decision>, _ fold: inout TicketFold) -> Outcome? {
        guard case .replied(let payload) = decided.event.payload, case .screened(let screening) = decided.decision,
            fold.has(decided.event.ticket)
        else { return nil }
        return .applied(fold.reply(payload, of: decided.event, screening))
    }
}

extension LockedTicket {
    fileprivate var mergedInto: TicketID? {
        if case .ticket(let ticket) = self { ticket.mergedInto } else { nil }
    }
}

extension [TicketID: LockedTicket] {
    /// The ticket that stands for another after every merge.
    fileprivate func endOfChain(_ id: TicketID) -> TicketID {
        var id = id
        while case .ticket(let ticket) = self[id], let next = ticket.mergedInto { id = next }
        return id
    }
}
