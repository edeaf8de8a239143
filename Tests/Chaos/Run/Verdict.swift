import Foundation

/// What the world found at the end.
struct Verdict: Codable, Sendable {
    struct Injection: Codable, Sendable {
        var number: Int
        var name: String
        /// Found nothing to harm.
        var missed: Bool
        var note: String
        /// Seconds from its beginning until the last ticket that it held up was classified; nil when it was not measured.
        var classified: Double?
        /// The same until it was through all stages.
        var through: Double?
    }

    struct Finding: Codable, Sendable {
        enum Kind: String, Codable, Sendable, CaseIterable {
            case lost, doubled, order, stuck, recovery
            /// A process ended by a signal that nobody had sent.
            case crash
            /// The run itself is worth nothing.
            case world
        }

        var kind: Kind
        /// The fault in whose time it was sent; nil when that cannot be said.
        var fault: Int?
        var words: String
    }

    var injections: [Injection]
    var findings: [Finding]
    /// What was looked at, in words.
    var summary: [String]

    /// Short mode says which recoveries were late and does not fail for it: it runs with the tests, on machines of any speed.
    func holds(in mode: ChaosMode) -> Bool { findings.allSatisfy { $0.kind == .recovery && mode == .short } }

    /// The table: a row for each kind of fault, in the order of `names`, and one for what belongs to none.
    func table(names: [String]) -> String {
        let columns = ["fault", "injected", "lost", "doubled", "out of order", "stuck", "recovery", "all stages"]
        var rows: [[String]] = []
        let known = Dictionary(injections.map { ($0.number, $0.name) }) { first, _ in first }
        for name in names {
            let these = injections.filter { $0.name == name }
            guard !these.isEmpty else { continue }
            let numbers = Set(these.map(\.number))
            let missed = these.count(where: \.missed)
            func longest(_ key: KeyPath<Injection, Double?>) -> String {
                these.compactMap { $0[keyPath: key] }.max().map { String(format: "%.1f s", $0) } ?? "-"
            }
            let isLate = findings.contains { $0.kind == .recovery && $0.fault.map(numbers.contains) == true }
            rows.append(
                [name, missed == 0 ? "\(these.count)" : "\(these.count - missed) (\(missed) missed)"]
                    + counts { $0.fault.map(numbers.contains) == true } + [longest(\.classified) + (isLate ? " LATE" : ""), longest(\.through)])
        }
        rows.append(["(no fault in particular)", ""] + counts { $0.fault.map { known[$0] == nil } ?? true } + ["", ""])
        let widths = columns.indices.map { column in (rows + [columns]).map { $0[column].count }.max() ?? 0 }
        func line(_ cells: [String]) -> String {
            zip(cells, widths).enumerated().map { index, cell in
                let space = String(repeating: " ", count: cell.1 - cell.0.count)
                return index == 0 ? cell.0 + space : space + cell.0
            }.joined(separator: "  ")
        }
        return ([line(columns), line(widths.map { String(repeating: "-", count: $0) })] + rows.map(line)).joined(separator: "\n")
    }

    private func counts(_ isOurs: (Finding) -> Bool) -> [String] {
        [Finding.Kind.lost, .doubled, .order, .stuck].map { kind in "\(findings.count { $0.kind == kind && isOurs($0) })" }
    }
}
