import Domain
import Foundation
import Policy
import Stores

/// Why a ticket stands where it stands: every decision about it in order, each with its rule, its evidence and the versions behind it.
struct WhyDocument: Codable {
    let id: TicketID
    let version: Int
    let state: TicketState
    let decisions: [WhyEntry]
    /// The promises to the requester, by cycle and target.
    let clocks: [ClockView]
    /// What the policy will look at next.
    let timers: [TimerView]?

    /// - Parameter forStaff: with everything. A requester sees what was decided and by which rule; what was found in others' tickets and
    ///   what was kept back stays inside.
    init(_ account: TicketAccount, _ escalation: EscalationAccount, forStaff: Bool) {
        id = account.ticket.id
        version = account.ticket.version
        state = account.ticket.state
        var entries = account.classifications.map { WhyEntry.classification(ClassificationView($0), $0.at) }
        entries += account.answers.map { .answer(AnswerView($0, forStaff: forStaff), $0.at) }
        if forStaff {
            entries += account.suggestions.map { .suggestion(SuggestionView($0), $0.at) }
            entries += escalation.decisions.map { .policy(PolicyView($0), $0.at) }
            entries += escalation.incidents.map { .incident(IncidentView($0), $0.openedAt) }
        }
        // An escalation is filed under the time of the event that led to it; it stands behind the decision that made it.
        let fired = escalation.decisions.map { (decision: PolicyView($0), at: $0.at) }
        entries += escalation.escalations.map { row in
            let decided = fired.first { $0.decision.cycle == row.cycle && $0.decision.fires(row.rule) }
            return .escalation(EscalationView(row, forStaff: forStaff), decided?.at ?? row.at)
        }
        // What one event led to carries one instant; then the order is that of the stages.
        decisions = entries.enumerated().sorted { ($0.element.at, $0.element.rank, $0.offset) < ($1.element.at, $1.element.rank, $1.offset) }
            .map(\.element)
        clocks = escalation.clocks.map(ClockView.init)
        timers = forStaff ? escalation.timers.map(TimerView.init) : nil
    }
}

/// One decision, told apart by `kind`.
enum WhyEntry: Encodable {
    case classification(ClassificationView, Date)
    case answer(AnswerView, Date)
    case suggestion(SuggestionView, Date)
    case policy(PolicyView, Date)
    case escalation(EscalationView, Date)
    case incident(IncidentView, Date)

    enum Key: CodingKey { case kind }

    private var parts: (kind: String, rank: Int, at: Date, view: any Encodable) {
        switch self {
        case .classification(let view, let at): ("classification", 0, at, view)
        case .answer(let view, let at): ("answer", 1, at, view)
        case .suggestion(let view, let at): ("suggestion", 2, at, view)
        case .policy(let view, let at): ("policy", 3, at, view)
        case .escalation(let view, let at): ("escalation", 4, at, view)
        case .incident(let view, let at): ("incident", 5, at, view)
        }
    }

    var at: Date { parts.at }
    var rank: Int { parts.rank }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Key.self)
        try container.encode(parts.kind, forKey: .kind)
        try parts.view.encode(to: encoder)
    }
}

struct AnswerView: Codable {
    let number: Int, stage: String, at: String, outcome: AnswerOutcome, message: String?, language: String, text: String?
    let citations: [String]
    let articles: [AnswerEvidence]?
    let reason: String?
    let versions: Versions

    struct Versions: Codable {
        let library: String?, model: String?, prompt: String?
    }

    init(_ answer: StoredAnswer, forStaff: Bool) {
        number = answer.number
        stage = answer.stage
        at = RFC3339.string(answer.at)
        outcome = answer.outcome
        message = answer.messageID?.canonical
        language = answer.language
        text = answer.text
        citations = answer.citations
        articles = forStaff ? answer.articles : nil
        reason = answer.reason
        versions = Versions(library: answer.library, model: answer.model, prompt: answer.promptVersion)
    }
}

struct SuggestionView: Codable {
    let number: Int, at: String, reason: String, category: String, tier: Tier, severity: Severity, confidence: Double, language: String
    let rationale: String, text: String?, citations: [String], versions: AnswerView.Versions

    init(_ suggestion: Suggestion) {
        number = suggestion.number
        at = RFC3339.string(suggestion.at)
        reason = suggestion.reason.rawValue
        category = suggestion.category
        tier = suggestion.tier
        severity = suggestion.severity
        confidence = suggestion.confidence
        language = suggestion.language
        rationale = suggestion.rationale
        text = suggestion.text
        citations = suggestion.citations
        versions = AnswerView.Versions(library: nil, model: suggestion.model, prompt: suggestion.promptVersion)
    }
}

/// One look of the policy. Facts and decision are those that were stored; ones that a newer version wrote are left out.
struct PolicyView: Codable {
    let number: Int, at: String, ticketVersion: Int, cycle: Int, policy: String
    let facts: PolicyFacts?
    let decision: PolicyDecision?

    init(_ stored: StoredDecision) {
        number = stored.sequence
        at = RFC3339.string(stored.at)
        ticketVersion = stored.ticketVersion
        cycle = stored.cycle
        policy = stored.policyVersion
        facts = try? JSONDecoder().decode(PolicyFacts.self, from: Data(stored.facts))
        decision = try? JSONDecoder().decode(PolicyDecision.self, from: Data(stored.decision))
    }

    func fires(_ rule: String) -> Bool { decision?.fired.contains { $0.rule == rule && $0.isNew } ?? false }
}

struct EscalationView: Codable {
    let rule: String, isFinal: Bool, cycle: Int, tier: Tier, severity: Severity, at: String, policy: String, ticketVersion: Int?
    let grounds: [String]?
    let evidence: [PolicyEvidence]?
    let incident: String?, why: String?
    let handover: Handover?

    init(_ escalation: StoredEscalation, forStaff: Bool) {
        rule = escalation.rule
        isFinal = escalation.isFinal
        cycle = escalation.cycle
        tier = escalation.tier
        severity = escalation.severity
        at = RFC3339.string(escalation.at)
        policy = escalation.policyVersion
        ticketVersion = forStaff ? escalation.ticketVersion : nil
        grounds = forStaff ? escalation.grounds : nil
        evidence = forStaff ? escalation.evidence : nil
        incident = forStaff ? escalation.incident?.canonical : nil
        why = forStaff ? escalation.why : nil
        handover = forStaff ? escalation.handover : nil
    }
}

struct IncidentView: Codable {
    let id: String, rule: String, category: String, severity: Severity, requesters: Int, at: String, closedAt: String?

    init(_ incident: StoredIncident) {
        id = incident.id.canonical
        rule = incident.rule
        category = incident.category
        severity = incident.severity
        requesters = incident.requesters
        at = RFC3339.string(incident.openedAt)
        closedAt = incident.closedAt.map(RFC3339.string)
    }
}

struct ClockView: Codable {
    let target: SLATarget, cycle: Int, status: SLAClock.Status, severity: Severity, startedAt: String, dueAt: String?, warnedAt: String?
    let breachedAt: String?, endedAt: String?

    init(_ stored: StoredClock) {
        let clock = stored.clock
        target = clock.target
        cycle = clock.cycle
        status = clock.status
        severity = clock.severity
        startedAt = RFC3339.string(clock.startedAt)
        dueAt = clock.dueAt.map(RFC3339.string)
        warnedAt = clock.warnedAt.map(RFC3339.string)
        breachedAt = clock.breachedAt.map(RFC3339.string)
        endedAt = clock.endedAt.map(RFC3339.string)
    }
}

struct TimerView: Codable {
    let kind: String, dueAt: String

    init(_ timer: TicketTimer) {
        kind = timer.kind.rawValue
        dueAt = RFC3339.string(timer.dueAt)
    }
}
