import YAML

/// A policy file being read. It collects mistakes, so that an operator sees all of them at once.
final class PolicyFile {
    let name: String
    private(set) var problems: [PolicyProblem] = []

    init(name: String) {
        self.name = name
    }

    func report(_ code: PolicyProblem.Code, line: Int, key: String, expected: String, found: String) {
        let key = key.isEmpty ? "file" : key
        problems.append(PolicyProblem(code: code, file: name, line: line, key: key, expected: expected, found: found))
    }

    /// The outermost mapping of `text`.
    func root(of text: String) throws(InvalidPolicy) -> PolicySection {
        do {
            if let node = try BoundedYAML.compose(text) {
                if let section = PolicySection(node, key: "", line: 1, file: self) { return section }
            } else {
                report(.missing, line: 1, key: "", expected: "a mapping", found: "nothing")
            }
        } catch {
            report(
                error.repeatedKey == nil ? .syntax : .duplicate, line: error.line, key: error.repeatedKey ?? "",
                expected: error.expected, found: error.problem)
        }
        throw InvalidPolicy(problems: problems)
    }

    /// Throws when something was wrong.
    func finish() throws(InvalidPolicy) {
        guard !problems.isEmpty else { return }
        throw InvalidPolicy(problems: problems.sorted { ($0.line, $0.key, $0.expected) < ($1.line, $1.key, $1.expected) })
    }
}
