import Domain
import YAML

extension Taxonomy {
    /// Reads and compiles `taxonomy.yaml`. Throws everything that is wrong with it, line by line.
    public init(text: String, name: String) throws(InvalidConfiguration) {
        let file = YAMLFile(name: name)
        let root = try file.root(of: text)
        root.allow(["version", "settings", "categories", "rules", "failed_attempt"])
        _ = root.integer("version", in: 1...1)
        var known: [String] = []
        let categories = Self.categories(root, ids: &known)
        let settings = Self.settings(root, known: known)
        var patterns = PatternSet()
        let rules = Self.rules(root, known: known, patterns: &patterns)
        root.patterns("failed_attempt", into: &patterns, owner: rules.count)
        try file.finish()
        guard let settings else { throw InvalidConfiguration(problems: file.problems) }
        self.init(
            categories: categories, rules: rules, settings: settings, patterns: patterns, version: contentVersion(of: text.utf8))
    }

    private static func settings(_ root: YAMLMapping, known: [String]) -> Settings? {
        guard let mapping = root.mapping("settings") else { return nil }
        mapping.allow(["confidence_threshold", "guardrail_category", "empty_category"])
        let threshold = mapping.has("confidence_threshold") ? mapping.number("confidence_threshold", in: 0...1) : 0.45
        guard let guardrail = mapping.reference("guardrail_category", among: known),
            let empty = mapping.reference("empty_category", among: known), let threshold
        else { return nil }
        return Settings(confidenceThreshold: threshold, guardrailCategory: guardrail, emptyCategory: empty)
    }

    /// `ids` are those of categories with mistakes too, so that one mistake is not told as several.
    private static func categories(_ root: YAMLMapping, ids: inout [String]) -> [Category] {
        var lines: [String: Int] = [:]
        var examples: [String: Int] = [:]
        return root.mappings("categories").compactMap { entry in
            entry.allow(["id", "title", "description", "tier", "severity", "examples"])
            let texts = Self.examples(entry, seen: &examples)
            let id = entry.identifier("id", taken: &lines)
            if let id { ids.append(id) }
            guard let id, let title = entry.string("title"), let description = entry.string("description"), let tier = entry.tier("tier"),
                let severity = entry.severity("severity")
            else { return nil }
            return Category(id: id, title: title, description: description, tier: tier, severity: severity, examples: texts)
        }
    }

    private static func examples(_ entry: YAMLMapping, seen: inout [String: Int]) -> [(language: String, text: String)] {
        guard let mapping = entry.mapping("examples") else { return [] }
        mapping.allow(SupportedLanguage.codes)
        var texts: [(language: String, text: String)] = []
        for language in mapping.names {
            for (text, line) in mapping.strings(language) {
                if let other = seen[text] {
                    mapping.report(
                        .duplicate, line: line, at: language, expected: "an example of its own",
                        found: "`\(text.shown())`, which line \(other) has")
                }
                seen[text] = line
                texts.append((language, text))
            }
        }
        return texts
    }

    private static func rules(_ root: YAMLMapping, known: [String], patterns: inout PatternSet) -> [Rule] {
        var lines: [String: Int] = [:]
        var rules: [Rule] = []
        for entry in root.mappings("rules") {
            entry.allow(["id", "title", "personas", "when", "then"])
            guard let id = entry.identifier("id", taken: &lines), let title = entry.string("title"),
                let consequence = entry.mapping("then")
            else { continue }
            consequence.allow(["category", "tier", "severity"])
            if consequence.names.isEmpty {
                entry.report(.missing, at: "then", expected: "`category`, `tier` or `severity`", found: "nothing")
            }
            entry.patterns("when", into: &patterns, owner: rules.count)
            rules.append(
                Rule(
                    id: id, title: title, personas: entry.personas("personas"),
                    category: consequence.has("category") ? consequence.reference("category", among: known) : nil,
                    tier: consequence.has("tier") ? consequence.tier("tier") : nil,
                    severity: consequence.has("severity") ? consequence.severity("severity") : nil))
        }
        return rules
    }
}

extension YAMLMapping {
    fileprivate func tier(_ name: String) -> Tier? {
        integer(name, in: 0...3).flatMap(Tier.init)
    }

    fileprivate func severity(_ name: String) -> Severity? {
        choice(name, among: Severity.allCases.map(\.rawValue)).flatMap(Severity.init)
    }

    fileprivate func personas(_ name: String) -> Set<Persona> {
        guard has(name) else { return [] }
        var personas: Set<Persona> = []
        for (text, line) in strings(name) {
            if let persona = Persona(rawValue: text) {
                personas.insert(persona)
            } else {
                let known = Persona.allCases.map(\.rawValue)
                report(
                    .invalid, line: line, at: name, expected: "`\(nearestName(to: text, among: known) ?? known.joined(separator: "`, `"))`",
                    found: "`\(text)`")
            }
        }
        return personas
    }

    /// The id of a category.
    fileprivate func reference(_ name: String, among known: [String]) -> String? {
        guard let id = string(name) else { return nil }
        if known.contains(id) { return id }
        let hint = nearestName(to: id, among: known).map { "`\($0)`" } ?? "the id of a category"
        report(.unknownReference, at: name, expected: hint, found: "the unknown category `\(id)`")
        return nil
    }
}
