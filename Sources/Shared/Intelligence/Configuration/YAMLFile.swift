import YAML
import Yams

/// Reads a YAML file and collects what is wrong with it instead of stopping at the first mistake.
final class YAMLFile {
    let name: String
    private(set) var problems: [ConfigurationProblem] = []

    init(name: String) {
        self.name = name
    }

    /// The file's outermost mapping.
    func root(of text: String) throws(InvalidConfiguration) -> YAMLMapping {
        do {
            if let node = try BoundedYAML.compose(text) {
                if let mapping = YAMLMapping(node, key: "", file: self) { return mapping }
            } else {
                report(.missing, line: 1, key: "file", expected: "a mapping", found: "nothing")
            }
        } catch {
            report(
                error.repeatedKey == nil ? .syntax : .duplicate, line: error.line, key: error.repeatedKey ?? "file",
                expected: error.expected, found: error.problem)
        }
        throw InvalidConfiguration(problems: problems)
    }

    /// Ends the reading: throws when something was wrong.
    func finish() throws(InvalidConfiguration) {
        if problems.isEmpty { return }
        throw InvalidConfiguration(problems: problems.sorted { ($0.line, $0.key) < ($1.line, $1.key) })
    }

    func report(_ code: ConfigurationProblem.Code, line: Int, key: String, expected: String, found: String) {
        problems.append(
            ConfigurationProblem(
                code: code, file: name, line: line, key: key.isEmpty ? "file" : key, expected: expected, found: found))
    }
}

/// A mapping of a YAML file, with the path that leads to it.
struct YAMLMapping {
    let key: String
    let line: Int
    private let file: YAMLFile
    private let entries: [(name: String, line: Int, node: Node)]

    init?(_ node: Node, key: String, file: YAMLFile) {
        let line = node.mark?.line ?? 1
        guard let mapping = node.mapping else {
            file.report(.invalid, line: line, key: key, expected: "a mapping", found: Self.describe(node))
            return nil
        }
        self.key = key
        self.line = line
        self.file = file
        entries = mapping.map { ($0.key.scalar?.string ?? "", $0.key.mark?.line ?? line, $0.value) }
    }

    static func describe(_ node: Node) -> String {
        switch node {
        case .scalar(let scalar): scalar.string.isEmpty ? "nothing" : "`\(scalar.string.prefix(60))`"
        case .sequence: "a list"
        case .mapping: "a mapping"
        case .alias: "an alias"
        }
    }

    var names: [String] { entries.map(\.name) }

    func path(_ name: String) -> String { key.isEmpty ? name : "\(key).\(name)" }

    /// The line of an entry, else of the mapping.
    func line(of name: String) -> Int { entries.first { $0.name == name }?.line ?? line }

    func report(_ code: ConfigurationProblem.Code, at name: String, expected: String, found: String) {
        file.report(code, line: line(of: name), key: path(name), expected: expected, found: found)
    }

    func report(_ code: ConfigurationProblem.Code, line: Int, at name: String, expected: String, found: String) {
        file.report(code, line: line, key: path(name), expected: expected, found: found)
    }

    /// Reports every key that is not among `known`.
    func allow(_ known: [String]) {
        for entry in entries where !known.contains(entry.name) {
            let hint = nearestName(to: entry.name, among: known).map { "`\($0)`" } ?? "one of `\(known.joined(separator: "`, `"))`"
            file.report(.unknownKey, line: entry.line, key: path(entry.name), expected: hint, found: "an unknown key")
        }
    }

    private func node(_ name: String) -> Node? { entries.first { $0.name == name }?.node }

    private func required(_ name: String, _ expected: String) -> Node? {
        if let node = node(name) { return node }
        file.report(.missing, line: line, key: path(name), expected: expected, found: "nothing")
        return nil
    }

    func has(_ name: String) -> Bool { node(name) != nil }

    func string(_ name: String) -> String? {
        guard let node = required(name, "a text") else { return nil }
        guard let text = node.scalar?.string, !text.isEmpty else {
            report(.invalid, at: name, expected: "a text", found: Self.describe(node))
            return nil
        }
        return text
    }

    func integer(_ name: String, in range: ClosedRange<Int>) -> Int? {
        let expected = "a number from \(range.lowerBound) to \(range.upperBound)"
        guard let node = required(name, expected) else { return nil }
        guard let text = node.scalar?.string, let value = Int(text), range.contains(value) else {
            report(.invalid, at: name, expected: expected, found: Self.describe(node))
            return nil
        }
        return value
    }

    func number(_ name: String, in range: ClosedRange<Double>) -> Double? {
        let expected = "a number from \(range.lowerBound) to \(range.upperBound)"
        guard let node = required(name, expected) else { return nil }
        guard let text = node.scalar?.string, let value = Double(text), range.contains(value) else {
            report(.invalid, at: name, expected: expected, found: Self.describe(node))
            return nil
        }
        return value
    }

    func boolean(_ name: String) -> Bool? {
        guard let node = required(name, "`true` or `false`") else { return nil }
        switch node.scalar?.string {
        case "true": return true
        case "false": return false
        default:
            report(.invalid, at: name, expected: "`true` or `false`", found: Self.describe(node))
            return nil
        }
    }

    /// One of a closed set of words.
    func choice(_ name: String, among values: [String]) -> String? {
        let expected = "one of `\(values.joined(separator: "`, `"))`"
        guard let node = required(name, expected) else { return nil }
        guard let text = node.scalar?.string, values.contains(text) else {
            report(.invalid, at: name, expected: expected, found: Self.describe(node))
            return nil
        }
        return text
    }

    func mapping(_ name: String) -> YAMLMapping? {
        guard let node = required(name, "a mapping") else { return nil }
        return YAMLMapping(node, key: path(name), file: file, fallbackLine: line(of: name))
    }

    /// The elements of a list, each with its line.
    private func elements(_ name: String) -> [(Node, String, Int)] {
        guard let node = required(name, "a list") else { return [] }
        guard let sequence = node.sequence, !sequence.isEmpty else {
            report(.invalid, at: name, expected: "a list with at least one element", found: Self.describe(node))
            return []
        }
        return sequence.enumerated().map { ($1, "\(path(name))[\($0)]", $1.mark?.line ?? line(of: name)) }
    }

    func mappings(_ name: String) -> [YAMLMapping] {
        elements(name).compactMap { YAMLMapping($0.0, key: $0.1, file: file) }
    }

    /// A list of texts, each with its line.
    func strings(_ name: String) -> [(text: String, line: Int)] {
        Self.texts(elements(name), file)
    }

    /// A list of lists of texts.
    func stringLists(_ name: String) -> [[(text: String, line: Int)]] {
        elements(name).map { node, key, line in
            guard let sequence = node.sequence, !sequence.isEmpty else {
                file.report(.invalid, line: line, key: key, expected: "a list of texts", found: Self.describe(node))
                return []
            }
            return Self.texts(sequence.enumerated().map { ($1, "\(key)[\($0)]", $1.mark?.line ?? line) }, file)
        }
    }

    private static func texts(_ elements: [(Node, String, Int)], _ file: YAMLFile) -> [(text: String, line: Int)] {
        elements.compactMap { node, key, line in
            guard let text = node.scalar?.string, !text.isEmpty else {
                file.report(.invalid, line: line, key: key, expected: "a text", found: describe(node))
                return nil
            }
            return (text, line)
        }
    }

    private init?(_ node: Node, key: String, file: YAMLFile, fallbackLine: Int) {
        guard node.mapping != nil else {
            file.report(.invalid, line: fallbackLine, key: key, expected: "a mapping", found: Self.describe(node))
            return nil
        }
        self.init(node, key: key, file: file)
    }
}
