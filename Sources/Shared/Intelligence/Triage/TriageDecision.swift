import Domain

/// Puts together what the steps of triage found. Rules stand above the model; tiers and severities only rise.
struct TriageDecision {
    private let settings: Taxonomy.Settings
    private var language = LanguageGuess.undetermined
    private var hits: [GuardrailHit] = []
    private var category: Labelled<String>
    private var confidence = 0.0
    private var ruleTier: Tier?
    private var ruleSeverity: Severity?
    private var needsHuman = false
    private var reasons: [Reason] = []

    init(settings: Taxonomy.Settings) {
        self.settings = settings
        category = Labelled(settings.emptyCategory, by: .model)
    }

    private mutating func explain(_ subject: Reason.Subject, _ rule: String, _ value: String, _ evidence: String, _ source: LabelSource) {
        reasons.append(Reason(subject: subject, rule: rule, value: value, evidence: evidence, source: source))
    }

    private mutating func raise(to tier: Tier) {
        ruleTier = max(ruleTier ?? tier, tier)
    }

    /// "und", other languages: a human at least.
    mutating func see(language: LanguageGuess) {
        self.language = language
        explain(.language, "language-profile", language.code, "confidence \(Self.shown(language.confidence))", .model)
        guard !SupportedLanguage.contains(language.code) else { return }
        needsHuman = true
        raise(to: .generalist)
        let rule = language.code == LanguageGuess.undetermined.code ? "undetermined_language" : "unsupported_language"
        explain(.routing, rule, "human", language.code, .rule)
        explain(.tier, rule, "\(Tier.generalist.rawValue)", language.code, .rule)
    }

    /// Guardrails, each with whether it refuses.
    mutating func see(_ guardrails: [(hit: GuardrailHit, refuses: Bool)]) {
        for (hit, refuses) in guardrails {
            hits.append(hit)
            explain(.guardrail, hit.rule, hit.kind, hit.evidence, .rule)
            guard refuses else { continue }
            if category.source != .rule {
                category = Labelled(settings.guardrailCategory, by: .rule)
                confidence = 1
                explain(.category, hit.rule, settings.guardrailCategory, hit.evidence, .rule)
            }
            if !needsHuman || ruleTier ?? .selfService < .engineer {
                explain(.tier, hit.rule, "\(Tier.engineer.rawValue)", hit.evidence, .rule)
                explain(.routing, hit.rule, "human", hit.evidence, .rule)
            }
            needsHuman = true
            raise(to: .engineer)
        }
    }

    /// Rules, in the order of the file: the first with a category names it, tier and severity are the highest of all.
    mutating func see(_ firings: [Taxonomy.Firing]) {
        for firing in firings {
            if let id = firing.rule.category, category.source != .rule {
                category = Labelled(id, by: .rule)
                confidence = 1
                explain(.category, firing.rule.id, id, firing.evidence, .rule)
            }
            if let tier = firing.rule.tier {
                raise(to: tier)
                explain(.tier, firing.rule.id, "\(tier.rawValue)", firing.evidence, .rule)
            }
            if let severity = firing.rule.severity {
                ruleSeverity = max(ruleSeverity ?? severity, severity)
                explain(.severity, firing.rule.id, severity.rawValue, firing.evidence, .rule)
            }
        }
    }

    /// The local model's answer; it counts where no rule spoke.
    mutating func see(_ prediction: LocalModel.Prediction, isKnown: (String) -> Bool) {
        guard isKnown(prediction.label) else { return seeNothing() }
        var scores = "\(prediction.label) \(Self.shown(prediction.probability))"
        if let runnerUp = prediction.runnerUp { scores += ", \(runnerUp) \(Self.shown(prediction.runnerUpProbability))" }
        explain(.category, "local-model", prediction.label, scores, .model)
        guard category.source != .rule else { return }
        category = Labelled(prediction.label, by: .model)
        confidence = prediction.probability
        if confidence < settings.confidenceThreshold { doubt(scores) }
    }

    /// A text without words.
    mutating func seeNothing() {
        guard category.source != .rule else { return }
        explain(.category, "default", category.value, "no words", .model)
        doubt("no words")
    }

    private mutating func doubt(_ evidence: String) {
        needsHuman = true
        raise(to: .generalist)
        explain(.routing, "low_confidence", "human", evidence, .rule)
        explain(.tier, "low_confidence", "\(Tier.generalist.rawValue)", evidence, .rule)
    }

    /// The outcome, with the category's own tier and severity where they are higher or no rule spoke.
    consuming func classification(
        defaults: [String: Taxonomy.Category], versions: Classification.Versions
    ) -> Classification {
        let usual = defaults[category.value]
        let usualTier = usual?.tier ?? .generalist
        let usualSeverity = usual?.severity ?? .medium
        var tier = Labelled(usualTier, by: .model)
        if let ruleTier, ruleTier >= usualTier { tier = Labelled(ruleTier, by: .rule) }
        var severity = Labelled(usualSeverity, by: .model)
        if let ruleSeverity, ruleSeverity >= usualSeverity { severity = Labelled(ruleSeverity, by: .rule) }
        if tier.source == .model { explain(.tier, "default", "\(tier.value.rawValue)", category.value, .model) }
        if severity.source == .model { explain(.severity, "default", severity.value.rawValue, category.value, .model) }
        return Classification(
            language: language, category: category, tier: tier, severity: severity, confidence: confidence, guardrails: hits,
            needsHuman: needsHuman, reasons: reasons, versions: versions)
    }

    /// Two decimals, without formatting's cost and locale.
    private static func shown(_ value: Double) -> String {
        let hundredths = Int((value * 100).rounded())
        return "\(hundredths / 100).\(hundredths % 100 < 10 ? "0" : "")\(hundredths % 100)"
    }
}
