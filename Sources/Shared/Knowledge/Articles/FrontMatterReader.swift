import YAML
import Yams

/// Reads the values of the front matter's mapping and reports what is wrong with them.
struct FrontMatterReader {
    private let problems: ProblemList
    private let entries: [(name: String, line: Int, node: Node)]

    init?(yaml: String, _ problems: ProblemList) {
        self.problems = problems
        do {
            guard let node = try BoundedYAML.compose(yaml) else {
                problems.report(.missing, line: 1, key: "file", expected: "front matter with keys", found: "nothing")
                return nil
            }
            guard let mapping = node.mapping else {
                problems.report(
                    .invalid, line: node.mark?.line ?? 1, key: "file", expected: "keys with values", found: Self.describe(node))
                return nil
            }
            entries = mapping.map { ($0.key.scalar?.string ?? "", $0.key.mark?.line ?? 1, $0.value) }
        } catch {
            problems.report(
                error.repeatedKey == nil ? .syntax : .duplicate, line: error.line, key: error.repeatedKey ?? "file",
                expected: error.expected, found: error.problem)
            return nil
        }
    }

    private static func describe(_ node: Node) -> String {
        switch node {
        case .scalar(let scalar): scalar.string.isEmpty ? "nothing" : "`\(scalar.string.prefix(60))`"
        case .sequence: "a list"
        case .mapping: "a mapping"
        case .alias: "an alias"
        }
    }

    /// The line of each key.
    var lines: [String: Int] { Dictionary(entries.map { ($0.name, $0.line) }) { first, _ in first } }

    func has(_ name: String) -> Bool { entries.contains { $0.name == name } }

    /// Reports every key that is not among `known`.
    func allow(_ known: [String]) {
        for entry in entries where !known.contains(entry.name) {
            let hint = nearestKey(to: entry.name, among: known).map { "`\($0)`" } ?? "one of `\(known.joined(separator: "`, `"))`"
            problems.report(.unknownKey, line: entry.line, key: entry.name, expected: hint, found: "an unknown key")
        }
    }

    /// A required text.
    func text(_ name: String, expected: String, where isValid: (String) -> Bool) -> String? {
        guard let entry = entry(name, expected) else { return nil }
        return text(entry.node, key: name, line: entry.line, expected, isValid)
    }

    /// A required list with at least one text; a single text counts as a list of one. A text that occurs twice is reported.
    func texts(_ name: String, expected: String, where isValid: (String) -> Bool) -> [String] {
        guard let entry = entry(name, "a list with at least one element") else { return [] }
        if case .scalar(let scalar) = entry.node, !scalar.string.isEmpty {
            return text(entry.node, key: name, line: entry.line, expected, isValid).map { [$0] } ?? []
        }
        guard let sequence = entry.node.sequence, !sequence.isEmpty else {
            problems.report(
                .invalid, line: entry.line, key: name, expected: "a list with at least one element", found: Self.describe(entry.node))
            return []
        }
        var values: [String] = []
        for (index, node) in sequence.enumerated() {
            let line = node.mark?.line ?? entry.line
            let key = "\(name)[\(index)]"
            guard let value = text(node, key: key, line: line, expected, isValid) else { continue }
            if values.contains(value) {
                problems.report(.duplicate, line: line, key: key, expected: "each value once", found: "`\(value)` again")
            } else {
                values.append(value)
            }
        }
        return values
    }

    private func entry(_ name: String, _ expected: String) -> (name: String, line: Int, node: Node)? {
        if let entry = entries.first(where: { $0.name == name }) { return entry }
        problems.report(.missing, line: 1, key: name, expected: expected, found: "nothing")
        return nil
    }

    private func text(_ node: Node, key: String, line: Int, _ expected: String, _ isValid: (String) -> Bool) -> String? {
        guard let value = node.scalar?.string, !value.isEmpty, isValid(value) else {
            problems.report(.invalid, line: line, key: key, expected: expected, found: Self.describe(node))
            return nil
        }
        return value
    }
}
