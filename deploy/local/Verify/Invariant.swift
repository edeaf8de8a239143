/// A statement that must hold, and what was found.
struct Invariant: Sendable, Hashable {
    let name: String
    /// How many things were looked at.
    let checked: Int
    /// What contradicts it, in words.
    let breaches: [String]
    /// What the reader should know besides.
    var note = ""

    var holds: Bool { breaches.isEmpty }
}

extension [Invariant] {
    var hold: Bool { allSatisfy(\.holds) }

    /// A table for the terminal, with the first breaches of each below it.
    var table: String {
        let width = map(\.name.count).max() ?? 0
        var lines: [String] = []
        for invariant in self {
            let name = invariant.name.padded(to: width)
            let verdict = invariant.holds ? "ok     " : "BROKEN "
            let count = invariant.holds ? "\(invariant.checked)" : "\(invariant.breaches.count) of \(invariant.checked)"
            lines.append("  \(verdict) \(name)  \(count)\(invariant.note.isEmpty ? "" : "  (\(invariant.note))")")
            lines += invariant.breaches.prefix(5).map { "            \($0)" }
            if invariant.breaches.count > 5 { lines.append("            and \(invariant.breaches.count - 5) more") }
        }
        return lines.joined(separator: "\n")
    }
}

extension String {
    func padded(to width: Int) -> String { self + String(repeating: " ", count: Swift.max(0, width - count)) }
}
