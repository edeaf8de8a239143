extension Guardrails {
    /// Words that stand between the words of a pattern when somebody runs them together.
    private static let fillers = [
        "the", "all", "a", "my", "this", "your", "please", "and", "of", "on", "la", "el", "le", "les", "los", "las", "das", "die", "der",
        "il", "os", "as", "i", "gli", "lo", "o"
    ]

    /// Reads and compiles `guardrails.yaml`. Throws everything that is wrong with it, line by line.
    public init(text: String, name: String) throws(InvalidConfiguration) {
        let file = YAMLFile(name: name)
        let root = try file.root(of: text)
        root.allow(["version", "guardrails"])
        _ = root.integer("version", in: 1...1)
        var guardrails: [Guardrail] = []
        var patterns = PatternSet()
        var lines: [String: Int] = [:]
        for entry in root.mappings("guardrails") {
            entry.allow(["id", "kind", "effect", "description", "patterns"])
            guard let id = entry.identifier("id", taken: &lines), let kind = entry.choice("kind", among: Self.kinds),
                let effect = entry.choice("effect", among: Effect.allCases.map(\.rawValue)).flatMap(Effect.init)
            else { continue }
            entry.patterns("patterns", into: &patterns, owner: guardrails.count)
            guardrails.append(Guardrail(id: id, kind: kind, effect: effect))
        }
        try file.finish()
        patterns.add(fillers: Self.fillers)
        self.init(guardrails: guardrails, patterns: patterns, version: contentVersion(of: text.utf8))
    }
}
