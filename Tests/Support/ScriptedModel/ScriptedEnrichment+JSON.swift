import Foundation

extension ScriptedEnrichment: Encodable {
    private enum Part: String, CodingKey {
        case classification, answer
    }

    private enum Field: String, CodingKey {
        case category, tier, severity, confidence, language, rationale, text, citations
    }

    public func encode(to encoder: any Encoder) throws {
        var whole = encoder.container(keyedBy: Part.self)
        var labels = whole.nestedContainer(keyedBy: Field.self, forKey: .classification)
        try labels.encode(category, forKey: .category)
        try labels.encode(tier, forKey: .tier)
        try labels.encode(severity, forKey: .severity)
        try labels.encode(confidence, forKey: .confidence)
        try labels.encode(language, forKey: .language)
        try labels.encode(rationale, forKey: .rationale)
        var answer = whole.nestedContainer(keyedBy: Field.self, forKey: .answer)
        try answer.encode(text, forKey: .text)
        try answer.encode(citations, forKey: .citations)
    }

    public var json: String {
        // Texts and finite numbers: nothing can fail to encode.
        String(decoding: (try? JSONEncoder().encode(self)) ?? Data(), as: UTF8.self)
    }
}
