import Domain
import Intelligence
import Stores

/// What a language model's word counts for: less than an agent's and a rule's, more than the local model's. Pure.
struct EnrichmentPolicy: Sendable {
    /// Below it a human looks at the ticket, and nothing is said to the requester.
    let confidenceThreshold: Double
    /// Versions of the taxonomy and the guardrails, kept with each classification.
    let taxonomy: String
    let guardrails: String

    /// Why nothing of an answer may be applied; nil while the ticket is as it was when the model was asked.
    func obstacle(to ticket: Ticket, asked: EnrichmentRequested) -> Suggestion.Reason? {
        if !ticket.state.isOpen { return .closed }
        if ticket.revision != asked.revision { return .reclassified }
        return ticket.messageCount != asked.messageCount ? .newMessages : nil
    }

    /// Why a checked answer may not be shown to the requester; nil when it may.
    func objection(to labels: Enrichment.Labels, showingTo ticket: Ticket) -> Suggestion.Reason? {
        if !ticket.guardrails.isEmpty || ticket.answer == .refused { return .guardrail }
        if ticket.answer == .answered { return .answered }
        if [ticket.category.source, ticket.tier.source, ticket.severity.source].contains(.agent) { return .agent }
        return labels.confidence < confidenceThreshold ? .lowConfidence : nil
    }

    /// The ticket with the model's labels, as far as precedence lets them.
    func labelled(_ ticket: Ticket, by labels: Enrichment.Labels) -> Ticket {
        var ticket = ticket
        ticket.category = ticket.category.merging(Labelled(labels.category, by: .llm))
        ticket.tier = ticket.tier.raised(toLLM: labels.tier)
        ticket.severity = ticket.severity.raised(toLLM: labels.severity)
        if ticket.category.source == .llm { ticket.confidence = labels.confidence }
        // The fast path's guess stands where it has one: it knows more languages than it supports.
        if ticket.language == LanguageGuess.undetermined.code { ticket.language = labels.language }
        return ticket
    }

    /// Whether a human has to look at the ticket after the model did.
    ///
    /// - Parameters:
    ///   - shown: the requester has the model's answer now.
    func needsHuman(_ ticket: Ticket, asked: EnrichmentRequested, _ enrichment: Enrichment, shown: Bool) -> Bool {
        if case .withheld = enrichment.answer { return true }
        if ticket.category.source == .llm && enrichment.labels.confidence < confidenceThreshold { return true }
        // What guardrails or anybody since asked for a human stands.
        guard ticket.guardrails.isEmpty, ticket.version == asked.version else { return ticket.needsHuman }
        return shown ? false : ticket.needsHuman
    }
}

extension Labelled where Value: Comparable {
    /// After the model has spoken: it replaces the local model's word, and raises a rule's or its own. Its own it does not lower either,
    /// because a rule may have spoken below it.
    func raised(toLLM value: Value) -> Labelled {
        if source == .llm { return value > self.value ? Labelled(value, by: .llm) : self }
        return raising(Labelled(value, by: .llm))
    }
}
