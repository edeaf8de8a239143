/// The known name that a misspelt one was probably meant to be: at most two edits away, or a third of its length; one edit for names of
/// three letters or fewer.
func nearestName(to name: String, among known: [String]) -> String? {
    let limit = name.count <= 3 ? 1 : max(2, name.count / 3)
    let ranked = known.map { ($0, editDistance($0, name)) }.filter { $0.1 <= limit }
    return ranked.min { ($0.1, $0.0) < ($1.1, $1.0) }?.0
}

/// Levenshtein's distance, in which two neighbours that changed places count as one edit.
private func editDistance(_ a: String, _ b: String) -> Int {
    let a = Array(a)
    let b = Array(b)
    var rows = [Array(0...b.count)]
    for i in a.indices {
        var row = [i + 1]
        for j in b.indices {
            var best = min(rows[i][j] + (a[i] == b[j] ? 0 : 1), rows[i][j + 1] + 1, row[j] + 1)
            if i > 0, j > 0, a[i] == b[j - 1], a[i - 1] == b[j] { best = min(best, rows[i - 1][j - 1] + 1) }
            row.append(best)
        }
        rows.append(row)
    }
    return rows[a.count][b.count]
}
