import YAML
import Yams

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
            report(error)
        }
        throw InvalidPolicy(problems: problems)
    }

    /// Throws when something was wrong.
    func finish() throws(InvalidPolicy) {
        guard !problems.isEmpty else { return }
        throw InvalidPolicy(problems: problems.sorted { ($0.line, $0.key, $0.expected) < ($1.line, $1.key, $1.expected) })
    }

    private func report(_ error: any Error) {
        switch error as? YamlError {
        case .scanner(_, let problem, let mark, _), .parser(_, let problem, let mark, _), .composer(_, let problem, let mark, _):
            report(.syntax, line: mark.line, key: "", expected: "YAML", found: problem)
        case .duplicatedKeysInMapping(let names, let context):
            let shown = names.map { "`\($0)`" }.joined(separator: ", ")
            report(.duplicate, line: context.mark.line, key: names.first ?? "", expected: "each key once", found: "\(shown) again")
        default:
            report(.syntax, line: 1, key: "", expected: "YAML", found: String(describing: error))
        }
    }
}
