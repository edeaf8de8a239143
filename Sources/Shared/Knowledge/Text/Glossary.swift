import Synchronization

/// The words of requesters and the words of the articles, which are English: translations from the other supported languages, and
/// English synonyms. Hand-written, see `Glossary+Entries.swift`.
struct Glossary: Sendable {
    /// Words that mean the same, per language; `Glossary.init` describes the patterns.
    struct Entry: Sendable {
        /// English words as articles use them, separated by spaces.
        var terms: String
        /// Patterns, separated by commas.
        var patterns: [String]

        init(_ terms: String, en: String = "", de: String = "", es: String = "", fr: String = "", pt: String = "", it: String = "") {
            self.terms = terms
            patterns = [en, de, es, fr, pt, it].filter { !$0.isEmpty }
        }
    }

    /// Words of a text that mean one thing.
    struct Concept: Sendable, Hashable {
        /// The word or words of the text.
        var words: String
        /// What to search for, stemmed. One of them suffices.
        var terms: [String]
        /// The stem of a single word that was translated: the articles may have it too, as they have `VPN` and `offline`.
        var ownStem: String?
    }

    fileprivate struct Pattern: Sendable {
        /// What follows the first word.
        var rest: [(word: String, isPrefix: Bool)]
        var terms: [String]
        var order: Int
    }

    /// A pattern whose first word a word may be.
    fileprivate struct Candidate: Sendable {
        var pattern: Pattern
        /// Letters of the prefix that it begins with; the most there are for the whole word.
        var prefix: Int
    }

    static let standard = Glossary(entries)

    private static let shortestPrefix = 3

    private var exact: [String: [Pattern]] = [:]
    private var prefixes: [String: [Pattern]] = [:]
    /// How the prefixes begin: most words of a text begin otherwise, and need not be cut up to find that out.
    private var beginnings: Set<UInt32> = []
    private var longestPrefix = 0
    private let memory = WordMemory()

    /// A pattern is one to four folded words; `stem*` stands for every word that begins so.
    init(_ entries: [Entry]) {
        var order = 0
        for entry in entries {
            let terms = Self.stems(entry.terms.split(separator: " ").map(String.init))
            for list in entry.patterns {
                for pattern in list.split(separator: ",") {
                    let words = pattern.split(separator: " ").map { word in
                        (word: String(word.hasSuffix("*") ? word.dropLast() : word), isPrefix: word.hasSuffix("*"))
                    }
                    guard let first = words.first else { continue }
                    let entry = Pattern(rest: Array(words.dropFirst()), terms: terms, order: order)
                    order += 1
                    if first.isPrefix {
                        prefixes[first.word, default: []].append(entry)
                        beginnings.insert(Self.beginning(of: Array(first.word.utf8)))
                        longestPrefix = max(longestPrefix, first.word.utf8.count)
                    } else {
                        exact[first.word, default: []].append(entry)
                    }
                }
            }
        }
    }

    /// What a text's words ask for, in order: glossary entries by their terms, stop words not at all, other words by their stems. Where
    /// patterns compete, more words win, then an exact first word, then a longer prefix, then all entries that are left, together.
    func concepts(in words: [String]) -> [Concept] {
        let facts = memory.facts(of: words, about)
        var concepts: [Concept] = []
        var index = 0
        while index < words.count {
            if let match = match(facts[index].candidates, words[(index + 1)...]) {
                defer { index += match.count }
                // A courtesy: it has words and no terms.
                guard !match.terms.isEmpty else { continue }
                concepts.append(
                    Concept(
                        words: words[index..<index + match.count].joined(separator: " "), terms: match.terms,
                        ownStem: match.count == 1 ? PorterStemmer.stem(words[index]) : nil))
                continue
            }
            if let alone = facts[index].alone { concepts.append(alone) }
            index += 1
        }
        return concepts
    }

    private func about(_ word: String) -> WordFacts {
        WordFacts(
            candidates: candidates(for: word),
            alone: StopWords.contains(word) ? nil : Concept(words: word, terms: Self.stems([word])))
    }

    /// The patterns whose first word it is, the exact ones first, then the longer prefixes after the shorter.
    private func candidates(for first: String) -> [Candidate] {
        var candidates = (exact[first] ?? []).map { Candidate(pattern: $0, prefix: Int.max) }
        let bytes = Array(first.utf8.prefix(longestPrefix))
        if bytes.count >= Self.shortestPrefix, beginnings.contains(Self.beginning(of: bytes)) {
            for length in Self.shortestPrefix...bytes.count {
                // A cut inside a character makes a key that no entry has.
                candidates += (prefixes[String(decoding: bytes[..<length], as: UTF8.self)] ?? []).map { Candidate(pattern: $0, prefix: length) }
            }
        }
        return candidates
    }

    /// - Parameter following: the words after the first.
    private func match(_ candidates: [Candidate], _ following: ArraySlice<String>) -> (count: Int, terms: [String])? {
        var best: (count: Int, prefix: Int, patterns: [Pattern])?
        for candidate in candidates where Self.matches(candidate.pattern.rest, following) {
            let count = candidate.pattern.rest.count + 1
            if let current = best, (current.count, current.prefix) >= (count, candidate.prefix) {
                if (current.count, current.prefix) == (count, candidate.prefix) { best?.patterns.append(candidate.pattern) }
            } else {
                best = (count, candidate.prefix, [candidate.pattern])
            }
        }
        guard let best else { return nil }
        if best.patterns.count == 1 { return (best.count, best.patterns[0].terms) }
        var terms: [String] = []
        for pattern in best.patterns.sorted(by: { $0.order < $1.order }) {
            for term in pattern.terms where !terms.contains(term) { terms.append(term) }
        }
        return (best.count, terms)
    }

    /// The first three bytes, fewer as they are.
    private static func beginning(of bytes: [UInt8]) -> UInt32 {
        bytes.prefix(shortestPrefix).reduce(0) { $0 << 8 | UInt32($1) }
    }

    private static func matches(_ pattern: [(word: String, isPrefix: Bool)], _ words: ArraySlice<String>) -> Bool {
        guard words.count >= pattern.count else { return false }
        return zip(pattern, words).allSatisfy { $0.isPrefix ? $1.hasPrefix($0.word) : $1 == $0.word }
    }

    private static func stems(_ words: [String]) -> [String] {
        var stems: [String] = []
        for word in words {
            let stem = PorterStemmer.stem(word)
            if !stems.contains(stem) { stems.append(stem) }
        }
        return stems
    }
}

/// What can be said of a word whatever stands beside it.
private struct WordFacts: Sendable {
    var candidates: [Glossary.Candidate]
    /// What it asks for by itself; nil for a stop word.
    var alone: Glossary.Concept?
}

/// Remembers it: tickets are written in a few thousand words, and working one out costs more than all else that is done with it.
private final class WordMemory: Sendable {
    /// Then it begins anew: words that nobody else uses must not fill it for good.
    private static let limit = 20_000

    private let known = Mutex<[String: WordFacts]>([:])

    func facts(of words: [String], _ about: (String) -> WordFacts) -> [WordFacts] {
        known.withLock { known in
            words.map { word in
                if let facts = known[word] { return facts }
                if known.count >= Self.limit { known.removeAll(keepingCapacity: true) }
                let facts = about(word)
                known[word] = facts
                return facts
            }
        }
    }
}
