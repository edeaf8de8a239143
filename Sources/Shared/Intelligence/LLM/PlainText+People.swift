extension PlainText {
    /// `name@host.domain`, bounded to the longest that mail allows.
    func emails() -> [Redaction.Passage] {
        var found: [Redaction.Passage] = []
        for at in scalars.indices where scalars[at] == 0x40 {
            var start = at
            while start > 0, at - start < 64, isWord(start - 1) || [0x2E, 0x5F, 0x2D, 0x2B, 0x25].contains(scalars[start - 1]) { start -= 1 }
            var end = at + 1
            var lastDot = 0
            while end < count, end - at < 254, isWord(end) || [0x2E, 0x2D].contains(scalars[end]) {
                if scalars[end] == 0x2E { lastDot = end }
                end += 1
            }
            while end > at + 1, !isWord(end - 1) { end -= 1 }
            guard start < at, lastDot > at + 1, end > at + 3 else { continue }
            found.append(Redaction.Passage(range: start..<end, kind: .email))
        }
        return found
    }

    /// Telephone and card numbers, and IPv4 addresses where they are to be hidden.
    func numbers(hidesAddresses: Bool) -> [Redaction.Passage] {
        var found: [Redaction.Passage] = []
        var index = 0
        while index < count {
            let opens = isDigit(index) || ((has("+", at: index) || has("(", at: index)) && index + 1 < count && startsNumber(index + 1))
            guard opens, index == 0 || !(isWord(index - 1) || [0x2E, 0x5F, 0x2D, 0x2F].contains(scalars[index - 1])) else {
                index += 1
                continue
            }
            let start = index
            let number = NumberRun(self, from: start)
            index = max(number.end, start + 1)
            if let kind = number.kind(hidesAddresses: hidesAddresses) {
                found.append(Redaction.Passage(range: start..<number.end, kind: kind))
            }
        }
        return found
    }

    private func startsNumber(_ index: Int) -> Bool { isDigit(index) || has("(", at: index) || has("+", at: index) }

    /// Every occurrence of a known text, whatever the case, as whole words.
    func occurrences(of literal: String) -> [Redaction.Passage] {
        let wanted = PlainText(literal).scalars
        guard wanted.count >= 3, wanted.count <= 200 else { return [] }
        var found: [Redaction.Passage] = []
        var index = 0
        while index + wanted.count <= count {
            let end = index + wanted.count
            if scalars[index] == wanted[0], index == 0 || !isWord(index - 1), end == count || !isWord(end),
                scalars[index..<end].elementsEqual(wanted)
            {
                found.append(Redaction.Passage(range: index..<end, kind: .name))
                index = end
            } else {
                index += 1
            }
        }
        return found
    }
}

/// Groups of digits with single signs between them, as telephone numbers, card numbers, dates and addresses are written.
private struct NumberRun {
    private(set) var end: Int
    private var groups: [[UInt32]] = [[]]
    private var separators: Set<UInt32> = []
    private let first: UInt32

    init(_ text: PlainText, from start: Int) {
        first = text.scalars[start]
        end = start
        var index = start
        var gap = 0
        // Long enough for any number; the rest of a longer run is read as its own.
        while index < text.count, index - start < 40 {
            if text.isDigit(index) {
                if gap > 0, groups.last?.isEmpty == false { groups.append([]) }
                groups[groups.count - 1].append(text.scalars[index] - 0x30)
                gap = 0
                end = index + 1
            } else if [0x20, 0x2D, 0x2E, 0x2F, 0x28, 0x29, 0x2B].contains(text.scalars[index]), gap < 3 {
                separators.insert(text.scalars[index])
                gap += 1
            } else {
                break
            }
            index += 1
        }
        // Digits that go over into letters are no number.
        if end < text.count, text.isWord(end) || text.has("_", at: end) { groups = [[]] }
    }

    func kind(hidesAddresses: Bool) -> Redaction.Kind? {
        let digits = groups.flatMap(\.self)
        if isAddress { return hidesAddresses ? .address : nil }
        if isDate { return nil }
        if (13...19).contains(digits.count), isCard(digits) { return .card }
        guard (7...15).contains(digits.count) else { return nil }
        if first == 0x2B { return .phone }
        if groups[0].starts(with: [0, 0]) && digits.count >= 10 { return .phone }
        if groups[0].first == 0 && digits.count >= 9 { return .phone }
        // Without a leading sign only in the groups that people write: 555-123-4567, (555) 123 4567, 06 12 34 56 78.
        if digits.count >= 9, groups.count >= 3 || first == 0x28, groups.allSatisfy({ $0.count <= 5 }) { return .phone }
        return nil
    }

    private var isAddress: Bool {
        groups.count == 4 && groups.allSatisfy { (1...3).contains($0.count) } && separators == [0x2E]
    }

    private var isDate: Bool {
        guard groups.count >= 3, first != 0x2B, first != 0x28 else { return false }
        let sizes = groups.map(\.count)
        if sizes[0] == 4, groups[0].starts(with: [2, 0]) || groups[0].starts(with: [1, 9]), sizes[1] <= 2, sizes[2] <= 2 { return true }
        return sizes[0] <= 2 && sizes[1] <= 2 && sizes[2] == 4 && (groups[2].starts(with: [2, 0]) || groups[2].starts(with: [1, 9]))
            && sizes.count <= 4
    }

    /// Luhn's check (ISO/IEC 7812-1, annex B).
    private func isCard(_ digits: [UInt32]) -> Bool {
        var sum: UInt32 = 0
        for (place, digit) in digits.reversed().enumerated() {
            let doubled = place % 2 == 1 ? digit * 2 : digit
            sum += doubled > 9 ? doubled - 9 : doubled
        }
        return sum % 10 == 0
    }
}
