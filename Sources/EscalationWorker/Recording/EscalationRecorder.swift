import Domain
import Foundation
import Policy
import Stores
import WorkerRuntime

/// The one way in which locked tickets are evaluated and what comes of it is written, whether an event or a timer asked.
struct EscalationRecorder<Transaction: EscalationTransaction>: Sendable {
    /// Look-alikes of one ticket that are looked at.
    static var neighbourLimit: Int { 200 }

    let evaluator: EscalationEvaluator
    private let words = LookAlikeCache()

    init(evaluator: EscalationEvaluator) {
        self.evaluator = evaluator
    }

    /// - Parameters:
    ///   - tickets: locked.
    ///   - cause: why to look at a ticket; nil: there is no reason any more, and it is left alone.
    /// - Returns: what is to be told, for each ticket.
    func record(
        _ tickets: [Ticket], in transaction: Transaction, at now: Date, cause: (Ticket, EscalationRecord) -> EscalationCause?
    ) throws -> [TicketID: [EmittedEvent]] {
        guard !tickets.isEmpty else { return [:] }
        let records = try transaction.records(of: tickets)
        let concerned: [(ticket: Ticket, record: EscalationRecord, cause: EscalationCause)] = tickets.sorted { $0.id < $1.id }.compactMap {
            guard let record = records[$0.id], let cause = cause($0, record) else { return nil }
            return ($0, record, cause)
        }
        guard !concerned.isEmpty else { return [:] }
        let model = try transaction.modelHealth(at: now)
        let similar = try lookAlikes(of: concerned.map(\.ticket), records, transaction)
        var verdicts = try concerned.map {
            try evaluator.verdict(on: $0.ticket, $0.record, similar: similar[$0.ticket.id] ?? [], model: model, cause: $0.cause, now: now)
        }

        var (book, incidents) = try settle(verdicts, records, transaction)
        for index in verdicts.indices {
            book.leave(verdicts[index])
            if book.alarmed.contains(verdicts[index].ticket.id) {
                verdicts[index].timers[.evaluate] = min(verdicts[index].timers[.evaluate] ?? now, now).inMicroseconds
            }
        }
        let told = verdicts.filter { !$0.news.isEmpty }.map(\.ticket.id)
        let conversations =
            told.isEmpty
            ? [:] : try transaction.conversations(of: told, limit: HandoverWriter.messageLimit, textLimit: HandoverWriter.textLimit)
        var output = EscalationOutput(policy: evaluator.policy, now: now)
        let before = Dictionary(uniqueKeysWithValues: tickets.map { ($0.id, $0.updatedAt) })
        for verdict in verdicts {
            let id = verdict.ticket.id
            output.add(
                verdict, incident: incidents[id], conversation: conversations[id] ?? Conversation(), updatedAt: before[id] ?? verdict.at)
        }
        output.add(book, verdicts)
        try transaction.write(output.changes)
        return output.finished(verdicts)
    }

    // MARK: Look-alikes

    private func lookAlikes(
        of tickets: [Ticket], _ records: [TicketID: EscalationRecord], _ transaction: Transaction
    ) throws -> [TicketID: [SimilarTicket]] {
        guard let window = evaluator.policy.widestWindow, let least = evaluator.policy.leastSimilarity else { return [:] }
        let open = tickets.filter(\.state.isOpen)
        guard !open.isEmpty else { return [:] }
        let fellows = records.mapValues(\.fellows).filter { !$0.value.isEmpty }
        let place = try transaction.neighbourhood(
            of: open, fellows: fellows, within: window, limit: Self.neighbourLimit)
        guard !place.tickets.isEmpty else { return [:] }
        let words = try words.lookAlikes(of: place.tickets.keys.sorted()) { try transaction.texts(of: $0, limit: LookAlike.textLimit) }
        var result: [TicketID: [SimilarTicket]] = [:]
        for ticket in open {
            guard let neighbours = place.neighbours[ticket.id], !neighbours.isEmpty else { continue }
            let own = LookAlike(subject: ticket.subject, body: ticket.body)
            result[ticket.id] = neighbours.compactMap { id in
                guard let other = place.tickets[id], let text = words[id] else { return nil }
                // Tickets of one incident report the same thing, even where only a third one resembles both.
                let isFellow = records[ticket.id]?.fellows.contains(id) == true
                let similarity = isFellow ? 1 : own.similarity(to: text)
                guard similarity >= least else { return nil }
                return SimilarTicket(
                    ticket: id, requester: other.requester, state: other.state, submittedAt: other.submittedAt, similarity: similarity)
            }
        }
        return result
    }

    // MARK: Incidents

    /// Joins and opens incidents under their locks.
    private func settle(
        _ verdicts: [Verdict], _ records: [TicketID: EscalationRecord], _ transaction: Transaction
    ) throws -> (IncidentBook, [TicketID: UUID]) {
        var keys: Set<IncidentKey> = []
        var tickets: Set<TicketID> = []
        var leaving: [TicketID] = []
        var calling: [Verdict] = []
        for verdict in verdicts {
            let record = records[verdict.ticket.id] ?? EscalationRecord()
            if let call = verdict.decision.incident, !record.hasSettled(call, by: verdict) {
                keys.insert(IncidentKey(rule: call.rule, category: verdict.ticket.category.value))
                tickets.formUnion(call.tickets)
                calling.append(verdict)
            } else if !verdict.ticket.state.isOpen, !record.incidents.isEmpty {
                tickets.insert(verdict.ticket.id)
                leaving.append(verdict.ticket.id)
            }
        }
        guard !tickets.isEmpty else { return (IncidentBook(open: [], verdicts: []), [:]) }
        let open = try transaction.lockIncidents(
            opening: keys.sorted { ($0.rule, $0.category) < ($1.rule, $1.category) }, of: tickets.sorted(),
            leaving: leaving)
        var book = IncidentBook(open: open, verdicts: calling)
        var incidents: [TicketID: UUID] = [:]
        for verdict in calling { incidents[verdict.ticket.id] = book.answer(verdict) }
        return (book, incidents)
    }
}

extension EscalationRecord {
    /// True when the whole group belongs to an incident with this ticket already and nothing is to be told: no lock is needed for that.
    fileprivate func hasSettled(_ call: IncidentCall, by verdict: Verdict) -> Bool {
        !incidents.isEmpty && verdict.decision.fired.contains { $0.rule == call.rule && !$0.isNew }
            && call.tickets.allSatisfy { $0 == verdict.ticket.id || fellows.contains($0) }
    }
}
