public import Domain

/// The fast path: what a ticket is about, who should work it and how urgently, from rules and the local model alone.
///
/// A pure function of the text, the persona and the versions of its files; immutable, so that one value serves every thread.
public struct TriageClassifier: Sendable {
    public let taxonomy: Taxonomy
    public let guardrails: Guardrails
    public let model: LocalModel
    public let languages: LanguageIdentifier
    /// The default tier and severity of each category.
    private let categories: [String: Taxonomy.Category]

    /// Reads both files and trains the local model from the taxonomy's examples. Names appear in error messages.
    public init(
        taxonomyText: String, taxonomyName: String, guardrailsText: String, guardrailsName: String
    ) throws(InvalidConfiguration) {
        let taxonomy = try Taxonomy(text: taxonomyText, name: taxonomyName)
        let guardrails = try Guardrails(text: guardrailsText, name: guardrailsName)
        self.init(taxonomy: taxonomy, guardrails: guardrails, model: LocalModel.train(examples: taxonomy.examples))
    }

    /// With a model trained elsewhere, for instance on agents' corrections. Its labels that are no categories are never chosen.
    public init(taxonomy: Taxonomy, guardrails: Guardrails, model: LocalModel) {
        self.taxonomy = taxonomy
        self.guardrails = guardrails
        self.model = model
        languages = LanguageIdentifier()
        categories = Dictionary(uniqueKeysWithValues: taxonomy.categories.map { ($0.id, $0) })
    }

    /// Classifies a ticket.
    public func classify(subject: String, body: String, persona: Persona) -> Classification {
        let text = NormalisedText(subject: subject, body: body)
        var decision = TriageDecision(settings: taxonomy.settings)
        decision.see(language: languages.identify(text))
        let hits = guardrails.check(text)
        let (firings, _) = taxonomy.evaluate(text, persona: persona)
        decision.see(hits.map { ($0, guardrails.refuses($0)) })
        decision.see(firings)
        if text.tokens.isEmpty {
            decision.seeNothing()
        } else {
            decision.see(model.predict(text), isKnown: { categories[$0] != nil })
        }
        return decision.classification(
            defaults: categories,
            versions: .init(taxonomy: taxonomy.version, guardrails: guardrails.version, model: model.version))
    }

    /// What can be said of a reply without classifying the ticket again.
    public struct Screening: Sendable, Hashable {
        public var language: LanguageGuess
        public var guardrails: [GuardrailHit]
        /// The text says that the documented steps were tried and failed.
        public var failedAttempt: Bool
    }

    /// Screens a reply.
    public func screen(_ text: String) -> Screening {
        let text = NormalisedText(text)
        return Screening(
            language: languages.identify(text), guardrails: guardrails.check(text),
            failedAttempt: taxonomy.evaluate(text, persona: .trainee).failedAttempt)
    }
}
