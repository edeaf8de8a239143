public import Domain
public import Knowledge

/// Answers tickets from one version of the articles. Pure: the same ticket, classification and articles give the same answer.
///
/// It adds nothing of its own to what the articles say but a sentence before and one after it. What it may not or cannot answer goes to a
/// human, and the requester is told so; only for a language that it does not speak it has no words.
public struct TicketAnswerer: Sendable {
    /// Hits that are looked at and stored.
    static let hits = 5
    /// Matched words stored with a hit.
    static let words = 12

    /// Nil when there are no articles.
    public let library: ArticleLibrary?
    public let retriever: Retriever
    public let composer: AnswerComposer

    /// - Parameter library: nil answers everything with "not covered".
    public init(library: ArticleLibrary?, composer: AnswerComposer = AnswerComposer()) {
        self.library = library
        retriever = library.map { Retriever(library: $0) } ?? Retriever(chunks: [])
        self.composer = composer
    }

    /// - Parameter isRefused: a guardrail refuses the request.
    public func answer(
        subject: String, body: String, persona: Persona, classification: Classification, isRefused: Bool
    ) -> TicketAnswer {
        let language = classification.language.code
        let wording = AnswerWording.of(language)
        if isRefused {
            // A refusal is no guesswork: who writes in another language reads it in English.
            let rules = classification.guardrails.map(\.rule).joined(separator: ", ")
            return TicketAnswer(
                outcome: .refused, language: wording == nil ? AnswerWording.articleLanguage : language,
                text: (wording ?? .english).refused, reason: "guardrail: \(rules)", library: library?.version)
        }
        guard let wording else {
            return TicketAnswer(
                outcome: .unsupportedLanguage, language: language, text: nil, reason: "unsupported_language: \(language)",
                library: library?.version)
        }
        let hits = retriever.search("\(subject)\n\(body)", audience: persona, limit: Self.hits)
        let evidence = hits.map(Self.evidence)
        switch composer.compose(hits) {
        case .notCovered(let reason):
            return TicketAnswer(
                outcome: .notCovered, language: language, text: wording.notCovered, evidence: evidence,
                reason: library == nil ? "no_articles" : reason.rawValue, library: library?.version)
        case .covered(let found):
            // Neither a refusal nor a foreign language: what still needs a human is hardly more than a guess.
            let isGuess = classification.needsHuman
            return TicketAnswer(
                outcome: isGuess ? .withheld : .answered, language: language,
                text: "\(wording.introduction)\n\n\(found.text)\n\n\(wording.closing)", citations: found.citations, evidence: evidence,
                reason: isGuess ? "low_confidence" : nil, library: library?.version)
        }
    }

    /// A hit as it is stored.
    public static func evidence(_ hit: Hit) -> AnswerEvidence {
        func rounded(_ value: Double) -> Double { (value * 10_000).rounded() / 10_000 }
        return AnswerEvidence(
            chunk: hit.chunk.id, score: rounded(hit.score), coverage: rounded(hit.coverage), evidence: rounded(hit.evidence),
            focus: rounded(hit.focus), words: hit.matches.prefix(words).map(\.words), replaced: hit.replaced)
    }
}

extension TriageClassifier {
    /// Whether a guardrail refuses what was classified.
    public func refuses(_ classification: Classification) -> Bool { classification.guardrails.contains(where: guardrails.refuses) }
}
