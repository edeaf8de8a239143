import Domain
import Foundation

/// The model's JSON as it came, decoded and held to the schema; the endpoint may not have enforced it.
struct EnrichmentAnswer: Decodable {
    struct Labels: Decodable {
        var category: String
        var tier: Int
        var severity: String
        var confidence: Double
        var language: String
        var rationale: String
    }

    struct Answer: Decodable {
        var text: String
        var citations: [String]
    }

    var classification: Labels
    var answer: Answer

    static func decode(_ content: String) throws(ModelError) -> EnrichmentAnswer {
        do {
            return try JSONDecoder().decode(EnrichmentAnswer.self, from: Data(unfenced(content).utf8))
        } catch let error as DecodingError {
            let field = InvalidField(error)
            // The decoder's own words may quote the answer.
            throw .invalidAnswer(field: field.field, expected: "a value as in the schema", found: Self.kind(error))
        } catch {
            throw .invalidAnswer(field: "", expected: "a JSON object", found: "another text")
        }
    }

    private static func kind(_ error: DecodingError) -> String {
        switch error {
        case .keyNotFound: "nothing"
        case .valueNotFound: "null"
        case .typeMismatch: "another type"
        case .dataCorrupted: "text that is not JSON"
        @unknown default: "something else"
        }
    }

    /// Small models wrap JSON in a code fence.
    private static func unfenced(_ content: String) -> String {
        let text = content.trimmingCharacters(in: .whitespacesAndNewlines)
        guard text.hasPrefix("```"), text.hasSuffix("```"), text.utf8.count > 6, let start = text.firstIndex(of: "\n") else { return text }
        return String(text[start...].dropLast(3))
    }

    func labels(categories: [String]) throws(ModelError) -> Enrichment.Labels {
        let labels = classification
        guard categories.contains(labels.category) else {
            throw Self.wrong("category", "one of the \(categories.count) categories", "another value")
        }
        guard let tier = Tier(rawValue: labels.tier) else { throw Self.wrong("tier", "0 to 3", "another number") }
        guard let severity = Severity(rawValue: labels.severity) else {
            throw Self.wrong("severity", Severity.allCases.map(\.rawValue).joined(separator: ", "), "another value")
        }
        guard (0...1).contains(labels.confidence) else { throw Self.wrong("confidence", "0 to 1", "another number") }
        let language = labels.language.lowercased()
        guard (2...3).contains(language.utf8.count), language.utf8.allSatisfy({ (0x61...0x7A).contains($0) }) else {
            throw Self.wrong("language", "an ISO 639 code", "another text")
        }
        let length = labels.rationale.unicodeScalars.count
        guard length <= EnrichmentSchema.longestRationale, !labels.rationale.utf8.contains(0) else {
            throw Self.wrong("rationale", "at most \(EnrichmentSchema.longestRationale) characters, none of them U+0000", "\(length) characters")
        }
        return Enrichment.Labels(
            category: labels.category, tier: tier, severity: severity, confidence: labels.confidence, language: language,
            rationale: labels.rationale)
    }

    private static func wrong(_ field: String, _ expected: String, _ found: String) -> ModelError {
        .invalidAnswer(field: "classification.\(field)", expected: expected, found: found)
    }
}

extension EnrichmentPrompt {
    /// Reads and checks an answer to `prepared`.
    ///
    /// Throws `ModelError.invalidAnswer` for one that breaks the schema. One that keeps to it and must not be shown comes back withheld,
    /// with its labels.
    public func read(_ content: String, of prepared: Prepared) throws(ModelError) -> Enrichment {
        let answer = try EnrichmentAnswer.decode(content)
        let labels = try answer.labels(categories: categories)
        let text = answer.answer.text.trimmingCharacters(in: .whitespacesAndNewlines)
        let length = text.unicodeScalars.count
        guard length <= EnrichmentSchema.longestAnswer, !text.utf8.contains(0) else {
            let expected = "at most \(EnrichmentSchema.longestAnswer) characters, none of them U+0000"
            throw .invalidAnswer(field: "answer.text", expected: expected, found: "\(length) characters")
        }
        guard answer.answer.citations.count <= Self.largestSources * 4 else {
            throw .invalidAnswer(field: "answer.citations", expected: "the sources used", found: "\(answer.answer.citations.count) of them")
        }
        if text.isEmpty { return Enrichment(labels: labels, answer: .none) }
        var citations: [String] = []
        for citation in answer.answer.citations where !citations.contains(citation) { citations.append(citation) }
        let cited = prepared.sources.filter { citations.contains($0.id) }
        if let reason = AnswerChecks(cited: cited).objection(to: text, citations: citations) {
            return Enrichment(labels: labels, answer: .withheld(reason))
        }
        return Enrichment(labels: labels, answer: .grounded(text: text, citations: citations))
    }
}
