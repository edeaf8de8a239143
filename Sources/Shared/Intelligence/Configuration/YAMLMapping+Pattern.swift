extension YAMLMapping {
    private static let patternKeys = ["all", "within", "ordered", "unless"]

    /// Reads a mapping from languages to lists of patterns into `set`, for `owner`. Languages are `any` and the supported ones.
    func patterns(_ name: String, into set: inout PatternSet, owner: Int) {
        guard let languages = mapping(name) else { return }
        languages.allow(["any"] + SupportedLanguage.codes)
        for language in languages.names {
            for mapping in languages.mappings(language) { mapping.addPattern(to: &set, owner: owner) }
        }
    }

    private func addPattern(to set: inout PatternSet, owner: Int) {
        allow(Self.patternKeys)
        let groups = stringLists("all")
        if groups.isEmpty || groups.contains(where: \.isEmpty) { return }
        if groups.count > Pattern.largestGroups {
            report(.invalid, at: "all", expected: "at most \(Pattern.largestGroups) groups", found: "\(groups.count)")
            return
        }
        let within = has("within") ? integer("within", in: 1...Pattern.largestWithin) : Pattern.defaultWithin
        let isOrdered = has("ordered") ? boolean("ordered") : false
        let unless = has("unless") ? strings("unless") : []
        guard let within, let isOrdered else { return }
        // Terms are checked one by one first, for the line.
        var isValid = true
        for (key, terms) in groups.map({ ("all", $0) }) + [("unless", unless)] {
            for term in terms {
                var probe = PatternSet()
                do {
                    try probe.add(Pattern(all: [[term.text]], within: 1, isOrdered: false, unless: []), owner: 0)
                } catch {
                    report(.invalid, line: term.line, at: key, expected: error.expected, found: "`\(term.text)`")
                    isValid = false
                }
            }
        }
        guard isValid else { return }
        let pattern = Pattern(
            all: groups.map { $0.map(\.text) }, within: within, isOrdered: isOrdered, unless: unless.map(\.text))
        // Every term compiled above, so this cannot fail.
        try? set.add(pattern, owner: owner)
    }
}
