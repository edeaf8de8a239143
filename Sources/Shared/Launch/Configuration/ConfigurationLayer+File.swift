import Foundation
import YAML
import Yams

extension ConfigurationLayer {
    /// Reads a YAML file of nested mappings. Keys may also be written with dots (`kafka.brokers: ..`).
    init(file path: String, keys: KnownKeys) {
        self.init(name: "file")
        let origin = ConfigurationOrigin.file(path: path, line: nil)
        guard let data = FileManager.default.contents(atPath: path), let text = String(data: data, encoding: .utf8) else {
            problems.append(
                .init(
                    code: .unreadable, key: path, origin: origin, message: "expected a readable UTF-8 file, got none",
                    advice: "Check the path given with --config or \(Self.fileVariable)."))
            return
        }
        do {
            guard let root = try BoundedYAML.compose(text), root.null == nil else { return }
            guard root.mapping != nil else {
                invalid(path, origin, "expected a mapping of settings", "Write entries such as \"http: {port: 8080}\".")
                return
            }
            flatten(root, under: "", path: path, depth: 0, keys: keys)
        } catch {
            let message =
                error.repeatedKey.map { "expected each key once, got \(SafeText.name($0)) twice in one mapping" }
                ?? "expected YAML, got a syntax error: \(error.problem)"
            problems.append(
                .init(
                    code: .unreadable, key: path, origin: .file(path: path, line: error.line), message: message, advice: "Correct the file."))
        }
    }

    private mutating func flatten(_ node: Node, under prefix: String, path: String, depth: Int, keys: KnownKeys) {
        guard let mapping = node.mapping else { return }
        for (keyNode, value) in mapping {
            let line = keyNode.mark?.line
            let origin = ConfigurationOrigin.file(path: path, line: line)
            guard let part = keyNode.scalar?.string else {
                invalid(prefix, origin, "expected a text as key", "Write the key as plain text.")
                continue
            }
            let name = prefix.isEmpty ? part : "\(prefix).\(part)"
            if let key = keys.all.first(where: { $0.name == name && $0.group == nil }) {
                take(value, for: key, from: origin)
            } else if let group = keys.all.first(where: { $0.group != nil && ($0.name == name || name.hasPrefix($0.name + ".")) }) {
                takeEntries(value, of: group, name: String(name.dropFirst(group.name.count + 1)), from: origin, path: path)
            } else if keys.all.contains(where: { $0.name.hasPrefix(name + ".") }), value.mapping != nil || value.null != nil {
                if depth < 8 { flatten(value, under: name, path: path, depth: depth + 1, keys: keys) }
            } else {
                unknown(
                    name, origin, what: "setting", candidates: keys.all.map(\.name),
                    otherwise: "Remove it; --help lists the settings.")
            }
        }
    }

    private mutating func take(_ node: Node, for key: KeyDeclaration, from origin: ConfigurationOrigin) {
        if node.null != nil, node.scalar?.style == .plain { return }
        if let text = node.scalar?.string {
            values[key.name] = RawValue(texts: [text], origin: origin)
        } else if let items = node.sequence, key.type.isList, items.allSatisfy({ $0.scalar != nil }) {
            values[key.name] = RawValue(texts: items.compactMap { $0.scalar?.string }, origin: origin)
        } else {
            invalid(
                key.name, origin, "\(key.name): expected \(key.type.expected), got a \(node.mapping == nil ? "sequence" : "mapping")",
                "Write one plain value\(key.type.isList ? " or a sequence of them" : "").")
        }
    }

    private mutating func takeEntries(
        _ node: Node, of group: KeyDeclaration, name: String, from origin: ConfigurationOrigin, path: String
    ) {
        if let text = node.scalar?.string, !name.isEmpty {
            entries[group.name, default: [:]][name] = RawValue(texts: [text], origin: origin)
        } else if let mapping = node.mapping {
            for (keyNode, value) in mapping {
                guard let part = keyNode.scalar?.string else { continue }
                takeEntries(
                    value, of: group, name: name.isEmpty ? part : "\(name).\(part)",
                    from: .file(path: path, line: keyNode.mark?.line), path: path)
            }
        } else if node.null == nil {
            invalid(
                group.name, origin, "\(group.name): expected entries of one plain value each, got another shape",
                "Write for example \"security.protocol: ssl\".")
        }
    }
}
