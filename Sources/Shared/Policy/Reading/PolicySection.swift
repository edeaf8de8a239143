import YAML
import Yams

/// A mapping inside a policy file, with the path that leads to it.
struct PolicySection {
    /// An element of a list, and where it stands.
    struct Item {
        var text: String
        var line: Int
        var key: String
    }

    let key: String
    let line: Int
    let file: PolicyFile
    private let entries: [(name: String, line: Int, node: Node)]

    init?(_ node: Node, key: String, line: Int, file: PolicyFile) {
        guard let mapping = node.mapping else {
            file.report(.invalid, line: node.mark?.line ?? line, key: key, expected: "a mapping", found: Self.describe(node))
            return nil
        }
        let line = node.mark?.line ?? line
        self.key = key
        self.line = line
        self.file = file
        entries = mapping.map { ($0.key.scalar?.string ?? "", $0.key.mark?.line ?? line, $0.value) }
    }

    var names: [String] { entries.map(\.name) }

    func has(_ name: String) -> Bool { entries.contains { $0.name == name } }

    func path(_ name: String) -> String { key.isEmpty ? name : "\(key).\(name)" }

    /// The line of an entry, else of the mapping.
    func line(of name: String) -> Int { entries.first { $0.name == name }?.line ?? line }

    func report(_ code: PolicyProblem.Code, at name: String, expected: String, found: String) {
        file.report(code, line: line(of: name), key: path(name), expected: expected, found: found)
    }

    /// Reports every key that is not among `known`, with the one that was probably meant.
    func allow(_ known: [String]) {
        for entry in entries where !known.contains(entry.name) {
            let hint = Spelling.nearest(to: entry.name, among: known) ?? Spelling.choices(known)
            file.report(.unknownKey, line: entry.line, key: path(entry.name), expected: hint, found: "an unknown key")
        }
    }

    /// The text of a scalar that must be there and must be readable as `expected` says.
    func value<Value>(_ name: String, _ expected: String, read: (String) -> Value?) -> Value? {
        guard let node = required(name, expected) else { return nil }
        if let text = node.scalar?.string, !text.isEmpty, let value = read(text) { return value }
        report(.invalid, at: name, expected: expected, found: Self.describe(node))
        return nil
    }

    func text(_ name: String) -> String? { value(name, "a text") { $0 } }

    func integer(_ name: String, in range: ClosedRange<Int>) -> Int? {
        value(name, "a number from \(range.lowerBound) to \(range.upperBound)") { text in
            Int(text).flatMap { range.contains($0) ? $0 : nil }
        }
    }

    func number(_ name: String, in range: ClosedRange<Double>) -> Double? {
        value(name, "a number from \(range.lowerBound) to \(range.upperBound)") { text in
            Double(text).flatMap { range.contains($0) ? $0 : nil }
        }
    }

    func boolean(_ name: String) -> Bool? {
        value(name, "`true` or `false`") { ["true": true, "false": false][$0] }
    }

    /// A duration such as `30s`, `15m`, `8h` or `3d`, in seconds.
    func seconds(_ name: String, in range: ClosedRange<Int>) -> Int? {
        let bounds = "\(DurationText.string(range.lowerBound)) to \(DurationText.string(range.upperBound))"
        let expected = "a duration from \(bounds), as `30s`, `15m`, `8h` or `3d`"
        return value(name, expected) { text in
            DurationText.seconds(text).flatMap { range.contains($0) ? $0 : nil }
        }
    }

    /// One of a closed set of words.
    func choice<Value: RawRepresentable<String> & CaseIterable>(_ name: String, of type: Value.Type) -> Value? {
        value(name, Spelling.choices(Value.allCases.map(\.rawValue)), read: Value.init(rawValue:))
    }

    func section(_ name: String) -> PolicySection? {
        guard let node = required(name, "a mapping") else { return nil }
        return PolicySection(node, key: path(name), line: line(of: name), file: file)
    }

    /// The mappings of a list.
    func sections(_ name: String) -> [PolicySection] {
        elements(name).compactMap { PolicySection($0.node, key: $0.key, line: $0.line, file: file) }
    }

    /// The texts of a list, none of them twice.
    func items(_ name: String) -> [Item] {
        var seen: [String: Int] = [:]
        return elements(name).compactMap { node, line, key in
            guard let text = node.scalar?.string, !text.isEmpty else {
                file.report(.invalid, line: line, key: key, expected: "a text", found: Self.describe(node))
                return nil
            }
            if let first = seen.updateValue(line, forKey: text) {
                file.report(.duplicate, line: line, key: key, expected: "each element once", found: "`\(text.shown())`, which line \(first) has")
                return nil
            }
            return Item(text: text, line: line, key: key)
        }
    }

    /// The elements of a list of words from a closed set.
    func choices<Value: RawRepresentable<String> & CaseIterable & Hashable>(_ name: String, of type: Value.Type) -> Set<Value>? {
        let known = Value.allCases.map(\.rawValue)
        let values = items(name).compactMap { item -> Value? in
            if let value = Value(rawValue: item.text) { return value }
            reportUnknown(item, among: known)
            return nil
        }
        return values.isEmpty ? nil : Set(values)
    }

    func reportUnknown(_ item: Item, among known: [String]) {
        let hint = Spelling.nearest(to: item.text, among: known) ?? Spelling.choices(known)
        file.report(.unknownReference, line: item.line, key: item.key, expected: hint, found: "`\(item.text.shown())`")
    }

    /// A text of small letters, digits, `-` and `_` that no other entry has; `taken` holds the line of each one seen.
    func identifier(_ name: String, taken: inout [String: Int]) -> String? {
        let id = value(name, "small letters, digits, `-` and `_`") { text in
            text.utf8.allSatisfy { (0x61...0x7A).contains($0) || (0x30...0x39).contains($0) || $0 == 0x2D || $0 == 0x5F } ? text : nil
        }
        guard let id else { return nil }
        if let first = taken[id] {
            report(.duplicate, at: name, expected: "an id of its own", found: "`\(id.shown())`, which line \(first) has")
            return nil
        }
        taken[id] = line(of: name)
        return id
    }

    private func required(_ name: String, _ expected: String) -> Node? {
        if let entry = entries.first(where: { $0.name == name }) { return entry.node }
        file.report(.missing, line: line, key: path(name), expected: expected, found: "nothing")
        return nil
    }

    private func elements(_ name: String) -> [(node: Node, line: Int, key: String)] {
        guard let node = required(name, "a list") else { return [] }
        guard let list = node.sequence, !list.isEmpty else {
            report(.invalid, at: name, expected: "a list with at least one element", found: Self.describe(node))
            return []
        }
        return list.enumerated().map { ($1, $1.mark?.line ?? line(of: name), "\(path(name))[\($0)]") }
    }

    private static func describe(_ node: Node) -> String {
        switch node {
        case .scalar(let scalar): scalar.string.isEmpty ? "nothing" : "`\(scalar.string.prefix(60))`"
        case .sequence(let list): list.isEmpty ? "an empty list" : "a list"
        case .mapping: "a mapping"
        case .alias: "an alias"
        }
    }
}
