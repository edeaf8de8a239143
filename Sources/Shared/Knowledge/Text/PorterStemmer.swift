/// Reduces English words to stems, so that `resetting` finds `reset`.
///
/// Source of the rules: M. F. Porter, "An algorithm for suffix stripping", Program 14(3), 1980. Words with anything but the letters
/// a to z, and words of two letters, stay as they are.
struct PorterStemmer {
    private var word: [UInt8]

    static func stem(_ text: String) -> String {
        guard text.utf8.count > 2, text.utf8.allSatisfy({ (0x61...0x7A).contains($0) }) else { return text }
        var stemmer = PorterStemmer(word: Array(text.utf8))
        stemmer.removePlural()
        stemmer.removePastAndGerund()
        stemmer.replaceFinalY()
        stemmer.replace(Self.doubleSuffixes, above: 0)
        stemmer.replace(Self.adjectiveSuffixes, above: 0)
        stemmer.removeLastSuffix()
        stemmer.tidyUp()
        return String(decoding: stemmer.word, as: UTF8.self)
    }

    private typealias Rule = (suffix: [UInt8], replacement: [UInt8])

    private static func rules(_ pairs: [(String, String)]) -> [Rule] {
        pairs.map { (Array($0.0.utf8), Array($0.1.utf8)) }.sorted { $0.suffix.count > $1.suffix.count }
    }

    /// Step 2.
    private static let doubleSuffixes = rules([
        ("ational", "ate"), ("tional", "tion"), ("enci", "ence"), ("anci", "ance"), ("izer", "ize"), ("abli", "able"), ("alli", "al"),
        ("entli", "ent"), ("eli", "e"), ("ousli", "ous"), ("ization", "ize"), ("ation", "ate"), ("ator", "ate"), ("alism", "al"),
        ("iveness", "ive"), ("fulness", "ful"), ("ousness", "ous"), ("aliti", "al"), ("iviti", "ive"), ("biliti", "ble")
    ])
    /// Step 3.
    private static let adjectiveSuffixes = rules([
        ("icate", "ic"), ("ative", ""), ("alize", "al"), ("iciti", "ic"), ("ical", "ic"), ("ful", ""), ("ness", "")
    ])
    /// Step 4; `ion` only after s or t.
    private static let lastSuffixes = rules(
        [
            "al", "ance", "ence", "er", "ic", "able", "ible", "ant", "ement", "ment", "ent", "ion", "ou", "ism", "ate", "iti", "ous", "ive",
            "ize"
        ].map { ($0, "") })

    private func isConsonant(_ index: Int) -> Bool {
        switch word[index] {
        case 0x61, 0x65, 0x69, 0x6F, 0x75: false
        case 0x79: index == 0 || !isConsonant(index - 1)
        default: true
        }
    }

    /// How often a vowel is followed by a consonant among the first `length` letters: Porter's m.
    private func measure(_ length: Int) -> Int {
        var count = 0
        var wasVowel = false
        for index in 0..<length {
            let consonant = isConsonant(index)
            if consonant && wasVowel { count += 1 }
            wasVowel = !consonant
        }
        return count
    }

    private func hasVowel(_ length: Int) -> Bool { (0..<length).contains { !isConsonant($0) } }

    private func ends(_ suffix: String) -> Bool { ends(Array(suffix.utf8)) }
    private func ends(_ suffix: [UInt8]) -> Bool { word.count >= suffix.count && word.suffix(suffix.count).elementsEqual(suffix) }

    private var endsInDoubleConsonant: Bool {
        word.count > 1 && word[word.count - 1] == word[word.count - 2] && isConsonant(word.count - 1)
    }

    /// Consonant, vowel, consonant other than w, x, y.
    private func endsShort(_ length: Int) -> Bool {
        guard length >= 3, isConsonant(length - 3), !isConsonant(length - 2), isConsonant(length - 1) else { return false }
        return ![0x77, 0x78, 0x79].contains(word[length - 1])
    }

    /// Step 1a.
    private mutating func removePlural() {
        if ends("sses") || ends("ies") {
            word.removeLast(2)
        } else if ends("s") && !ends("ss") {
            word.removeLast()
        }
    }

    /// Step 1b.
    private mutating func removePastAndGerund() {
        if ends("eed") {
            if measure(word.count - 3) > 0 { word.removeLast() }
            return
        }
        if ends("ed"), hasVowel(word.count - 2) {
            word.removeLast(2)
        } else if ends("ing"), hasVowel(word.count - 3) {
            word.removeLast(3)
        } else {
            return
        }
        if ends("at") || ends("bl") || ends("iz") {
            word.append(0x65)
        } else if endsInDoubleConsonant, !ends("l"), !ends("s"), !ends("z") {
            word.removeLast()
        } else if measure(word.count) == 1, endsShort(word.count) {
            word.append(0x65)
        }
    }

    /// Step 1c.
    private mutating func replaceFinalY() {
        if ends("y"), hasVowel(word.count - 1) { word[word.count - 1] = 0x69 }
    }

    /// The longest suffix that matches decides, whether or not its condition holds.
    private mutating func replace(_ rules: [Rule], above minimum: Int) {
        guard let rule = rules.first(where: { ends($0.suffix) }) else { return }
        let stem = word.count - rule.suffix.count
        guard measure(stem) > minimum else { return }
        word.removeLast(rule.suffix.count)
        word += rule.replacement
    }

    private mutating func removeLastSuffix() {
        guard let rule = Self.lastSuffixes.first(where: { ends($0.suffix) }) else { return }
        let stem = word.count - rule.suffix.count
        if ends("ion"), stem == 0 || !(word[stem - 1] == 0x73 || word[stem - 1] == 0x74) { return }
        if measure(stem) > 1 { word.removeLast(rule.suffix.count) }
    }

    /// Step 5.
    private mutating func tidyUp() {
        if ends("e") {
            let stem = word.count - 1
            if measure(stem) > 1 || (measure(stem) == 1 && !endsShort(stem)) { word.removeLast() }
        }
        if measure(word.count) > 1, endsInDoubleConsonant, ends("l") { word.removeLast() }
    }
}
