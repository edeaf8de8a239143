/// The settings' part of a command's `--help`, for ArgumentParser's `discussion`: grouped by the first part of the name, aligned,
/// at most 80 columns wide.
public func settingsHelp(for keys: [any DeclaredKey]) -> String {
    let declarations = keys.map(\.declaration)
    let groups = Dictionary(grouping: declarations) { String($0.name.prefix { $0 != "." }) }
    var lines = ["Settings: as an argument, an environment variable or an entry of the YAML", "file, in that order."]
    for group in groups.keys.sorted() {
        lines += ["", group.uppercased()]
        for key in (groups[group] ?? []).sorted(by: { $0.name < $1.name }) { lines += help(for: key) }
    }
    return lines.joined(separator: "\n")
}

private let column = 30
private let width = 80

private func help(for key: KeyDeclaration) -> [String] {
    let head = "  \(key.argument) \(key.type.placeholder)"
    let notes = wrapped(key.document) + wrapped("[\(facts(key).joined(separator: "; "))]")
    let indent = String(repeating: " ", count: column)
    guard head.count < column, let first = notes.first else { return [head] + notes.map { indent + $0 } }
    return [head + String(repeating: " ", count: column - head.count) + first] + notes.dropFirst().map { indent + $0 }
}

private func facts(_ key: KeyDeclaration) -> [String] {
    var facts = [key.environment + (key.group == nil ? "" : "NAME")]
    switch key.presence {
    case .required: facts.append("required")
    case .defaulted(_, let text) where key.isSecret || text.isEmpty: break
    case .defaulted(_, let text): facts.append("default: \(text)")
    case .optional: break
    }
    if key.isSecret { facts.append("secret") }
    return facts
}

private func wrapped(_ text: String) -> [String] {
    var lines: [String] = []
    for word in text.split(separator: " ") {
        if let last = lines.last, last.count + 1 + word.count <= width - column {
            lines[lines.count - 1] = "\(last) \(word)"
        } else {
            lines.append(String(word))
        }
    }
    return lines
}
