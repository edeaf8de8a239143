/// The known key that a misspelt one was probably meant to be: at most two edits away (insert, remove, change a letter).
func nearestKey(to name: String, among known: [String]) -> String? {
    let name = Array(name.utf8.prefix(64))
    return known.map { ($0, edits(from: Array($0.utf8), to: name)) }.filter { $0.1 <= 2 }.min { ($0.1, $0.0) < ($1.1, $1.0) }?.0
}

/// Levenshtein's distance, row by row.
private func edits(from source: [UInt8], to target: [UInt8]) -> Int {
    var row = Array(0...target.count)
    for (i, byte) in source.enumerated() {
        var diagonal = row[0]
        row[0] = i + 1
        for j in target.indices {
            let change = diagonal + (byte == target[j] ? 0 : 1)
            diagonal = row[j + 1]
            row[j + 1] = min(change, row[j] + 1, row[j + 1] + 1)
        }
    }
    return row[target.count]
}
