extension PatternSet {
    private struct Hit {
        var pattern: Int
        var group: Int
        var first: Int
        var last: Int
    }

    /// The first match of every owner, in the order of the owners. `limit` bounds how many tokens are read.
    func matches(in text: NormalisedText, limit: Int = .max) -> [PatternMatch] {
        let count = min(limit, text.tokens.count)
        let hits = hits(in: text, count: count)
        if hits.isEmpty { return [] }

        // Only patterns with every group present are looked at further; their hits are brought together by counting.
        var present = [UInt8](repeating: 0, count: patterns.count)
        var starts = [Int](repeating: 0, count: patterns.count + 1)
        for hit in hits {
            present[hit.pattern] |= 1 << UInt8(hit.group)
            starts[hit.pattern + 1] += 1
        }
        var candidates: [Int] = []
        for pattern in patterns.indices {
            starts[pattern + 1] += starts[pattern]
            let needed = UInt8(truncatingIfNeeded: (1 << patterns[pattern].groups) - 1)
            if present[pattern] & needed == needed { candidates.append(pattern) }
        }
        if candidates.isEmpty { return [] }
        var sorted = hits
        var next = starts
        for hit in hits {
            sorted[next[hit.pattern]] = hit
            next[hit.pattern] += 1
        }

        var found: [PatternMatch] = []
        for pattern in candidates where !found.contains(where: { $0.owner == patterns[pattern].owner }) {
            let range = starts[pattern]..<starts[pattern + 1]
            if let match = match(patterns[pattern], sorted[range], text.tokens) { found.append(match) }
        }
        return found.sorted { $0.owner < $1.owner }
    }

    /// Every alternative that occurs, in the order of the text.
    private func hits(in text: NormalisedText, count: Int) -> [Hit] {
        // Words of the patterns by token: where each token's words begin in `words`.
        var words: [Int32] = []
        var starts = [Int32](repeating: 0, count: count + 1)
        text.folded.withUnsafeBufferPointer { folded in
            for index in 0..<count {
                let token = text.tokens[index]
                trie.match(UnsafeBufferPointer(rebasing: folded[Int(token.start)..<Int(token.end)])) { words.append($0) }
                starts[index + 1] = Int32(words.count)
            }
        }
        if words.isEmpty { return [] }
        var hits: [Hit] = []
        for index in 0..<count {
            for slot in Int(starts[index])..<Int(starts[index + 1]) {
                for number in termsByFirstWord[Int(words[slot])] {
                    guard let last = lastToken(of: terms[number], from: index, count: count, words: words, starts: starts) else {
                        continue
                    }
                    for use in terms[number].uses {
                        hits.append(Hit(pattern: use.pattern, group: use.group, first: index, last: last))
                    }
                }
            }
        }
        return hits
    }

    private func lastToken(of term: Term, from index: Int, count: Int, words: [Int32], starts: [Int32]) -> Int? {
        var token = index
        for (skip, word) in term.rest {
            var found: Int?
            for candidate in (token + 1)..<(token + 2 + skip) where candidate < count {
                if words[Int(starts[candidate])..<Int(starts[candidate + 1])].contains(word) {
                    found = candidate
                    break
                }
            }
            guard let found else { return nil }
            token = found
        }
        return token
    }

    /// The first place where every group of `pattern` occurs within its window and nothing in `unless` stands near.
    private func match(_ pattern: Compiled, _ hits: ArraySlice<Hit>, _ tokens: [Token]) -> PatternMatch? {
        let exceptions = hits.filter { $0.group == pattern.groups }
        // Unordered: the latest hit of each group. Ordered: for each group the latest start of a chain that reached it.
        var latest = [Hit?](repeating: nil, count: pattern.groups)
        for hit in hits where hit.group < pattern.groups {
            if pattern.isOrdered {
                if hit.group == 0 {
                    latest[0] = hit
                } else if let chain = latest[hit.group - 1], chain.last < hit.first {
                    latest[hit.group] = Hit(pattern: hit.pattern, group: hit.group, first: chain.first, last: hit.last)
                } else {
                    continue
                }
                if hit.group < pattern.groups - 1 { continue }
            } else {
                latest[hit.group] = hit
            }
            var first = Int.max
            var last = 0
            var lastStart = 0
            var isComplete = true
            for group in latest.indices where !pattern.isOrdered || group == pattern.groups - 1 {
                guard let member = latest[group] else {
                    isComplete = false
                    break
                }
                first = min(first, member.first)
                last = max(last, member.last)
                lastStart = max(lastStart, pattern.isOrdered ? hit.first : member.first)
            }
            guard isComplete, tokens[lastStart].position - tokens[first].position <= UInt32(pattern.within) else { continue }
            let low = first - Pattern.surroundings
            let high = last + Pattern.surroundings
            if exceptions.contains(where: { $0.last >= low && $0.first <= high }) { continue }
            return PatternMatch(owner: pattern.owner, firstToken: first, lastToken: last)
        }
        return nil
    }
}
