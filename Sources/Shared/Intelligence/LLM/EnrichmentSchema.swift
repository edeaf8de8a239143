import Domain

/// The JSON Schema of an enrichment. Closed: every property is required and no other is allowed, as strict mode wants it.
enum EnrichmentSchema {
    static let longestRationale = 1000
    static let longestAnswer = 8000

    /// - Parameter sources: what may be cited; empty for the part that is the same in every request.
    static func schema(categories: [String], sources: [String]) -> JSONValue {
        let citation: JSONValue = sources.isEmpty ? ["type": "string"] : ["type": "string", "enum": texts(sources)]
        return object([
            "classification": object([
                "category": ["type": "string", "enum": texts(categories)],
                "tier": ["type": "integer", "enum": .list(Tier.allCases.map { .integer($0.rawValue) })],
                "severity": ["type": "string", "enum": texts(Severity.allCases.map(\.rawValue))],
                "confidence": ["type": "number"],
                "language": ["type": "string"],
                "rationale": ["type": "string"]
            ]),
            "answer": object([
                "text": ["type": "string"],
                "citations": ["type": "array", "items": citation]
            ])
        ])
    }

    private static func object(_ properties: [String: JSONValue]) -> JSONValue {
        [
            "type": "object", "properties": .object(properties), "required": texts(properties.keys.sorted()),
            "additionalProperties": false
        ]
    }

    private static func texts(_ values: [String]) -> JSONValue { .list(values.map(JSONValue.text)) }
}
