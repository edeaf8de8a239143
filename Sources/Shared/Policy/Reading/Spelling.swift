/// Proposals for misspelt names.
enum Spelling {
    /// The known name that was probably meant, in back quotes: at most a third of its letters differ, and never more than three.
    static func nearest(to name: String, among known: [String]) -> String? {
        let limit = min(3, max(1, name.count / 3))
        let near = known.map { (distance: distance(name, $0), name: $0) }.filter { $0.distance <= limit }
        return near.min { ($0.distance, $0.name) < ($1.distance, $1.name) }.map { "`\($0.name)`" }
    }

    static func choices(_ known: [String]) -> String {
        let shown = known.map { "`\($0)`" }.joined(separator: ", ")
        return known.count == 1 ? shown : "one of \(shown)"
    }

    /// Edits from `a` to `b`: a letter added, left out or replaced (Levenshtein 1966), or two neighbours swapped.
    private static func distance(_ a: String, _ b: String) -> Int {
        let a = Array(a), b = Array(b)
        var older: [Int] = []
        var previous = Array(0...b.count)
        for (i, letter) in a.enumerated() {
            var current = [i + 1]
            for (j, other) in b.enumerated() {
                var cost = min(previous[j + 1], current[j]) + 1
                cost = min(cost, previous[j] + (letter == other ? 0 : 1))
                if i > 0, j > 0, letter == b[j - 1], a[i - 1] == other { cost = min(cost, older[j - 1] + 1) }
                current.append(cost)
            }
            (older, previous) = (previous, current)
        }
        return previous[b.count]
    }
}
