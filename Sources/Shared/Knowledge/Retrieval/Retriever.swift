public import Domain

/// Finds the chunks that speak of what a text asks for.
///
/// Conflicts are resolved by succession, not by score: a deprecated chunk is never returned. What it would have scored goes to the best
/// chunk of the current article that stands at the end of its chain, so that asking for the old rule finds the new one. An article that
/// was withdrawn without a successor is not found at all.
public struct Retriever: Sendable {
    /// How many different things a text can ask for; of more, the rarest count.
    static let maximumConcepts = 48

    /// How many rarest words a question has at most when coverage is worked out: a ticket that tells a whole story is not asked to be
    /// covered in all of it.
    static let longestQuestion: Float = 4

    let chunks: [Chunk]
    private let index: BM25Index
    private let glossary: Glossary
    /// One bit per persona.
    private let audiences: [UInt8]
    /// The chunks of each current article, by its id.
    private let chunksByArticle: [String: [Int]]
    private let deprecated: [(chunk: Int, successor: String?)]

    public init(library: ArticleLibrary, parameters: BM25Parameters = BM25Parameters()) {
        self.init(chunks: library.chunks, successors: library.successors, parameters: parameters)
    }

    /// `successors` names the current article for each deprecated one.
    public init(chunks: [Chunk], successors: [String: String] = [:], parameters: BM25Parameters = BM25Parameters()) {
        self.chunks = chunks
        index = BM25Index(chunks: chunks, parameters: parameters)
        glossary = .standard
        audiences = chunks.map { $0.audience.reduce(0) { $0 | Self.bit($1) } }
        var byArticle: [String: [Int]] = [:]
        for (number, chunk) in chunks.enumerated() where !chunk.isDeprecated { byArticle[chunk.articleID, default: []].append(number) }
        chunksByArticle = byArticle
        deprecated = chunks.indices.filter { chunks[$0].isDeprecated }.map { ($0, successors[chunks[$0].articleID]) }
    }

    private static func bit(_ persona: Persona) -> UInt8 {
        switch persona {
        case .trainee: 1
        case .instructor: 2
        case .operator: 4
        case .supportEngineer: 8
        case .admin: 16
        }
    }

    /// The best chunks that `audience` may be answered from, best first; equal scores by chunk id. Texts in the supported languages are
    /// understood through a glossary. Reads the first 32 KiB.
    public func search(_ query: String, audience: Persona, limit: Int = 5) -> [Hit] {
        let concepts = concepts(of: query)
        guard limit > 0, !concepts.isEmpty else { return [] }
        var scores = [Float](repeating: 0, count: chunks.count)
        var scratch = scores
        for concept in concepts { index.accumulate(concept.terms, into: &scores, scratch: &scratch) }
        let mask = Self.bit(audience)
        let replaced = yield(&scores, mask)
        return best(limit, scores, mask).map { hit($0, scores[$0], concepts, replaced: replaced[$0]) }
    }

    private struct Concept {
        var words: String
        var stems: [String]
        var terms: [Int32]
        /// Of its most telling term; of an unknown word, the highest there is.
        var rarity: Float
    }

    private func concepts(of query: String) -> [Concept] {
        var seen: Set<[String]> = []
        var concepts: [Concept] = []
        for concept in glossary.concepts(in: SearchWords.searchable(in: query)) where seen.insert(concept.terms).inserted {
            var known: [String] = [], terms: [Int32] = []
            func look(for stem: String) {
                guard let term = index.term(stem) else { return }
                known.append(stem)
                terms.append(term)
            }
            for stem in concept.terms { look(for: stem) }
            if let own = concept.ownStem, !concept.terms.contains(own) { look(for: own) }
            concepts.append(
                Concept(
                    words: concept.words, stems: known, terms: terms,
                    rarity: terms.map(index.rarity).max() ?? index.highestRarity))
        }
        guard concepts.count > Self.maximumConcepts else { return concepts }
        // Words that occur nowhere cannot find anything; among the others the rarest say most.
        let ranked = concepts.indices.sorted { a, b in
            (concepts[a].terms.isEmpty ? 1 : 0, -concepts[a].rarity, a) < (concepts[b].terms.isEmpty ? 1 : 0, -concepts[b].rarity, b)
        }
        return ranked.prefix(Self.maximumConcepts).sorted().map { concepts[$0] }
    }

    /// Hands the scores of deprecated chunks on to their successors and sets them to 0.
    private func yield(_ scores: inout [Float], _ mask: UInt8) -> [Int: String] {
        var replaced: [Int: String] = [:]
        var inherited: [String: (score: Float, chunk: Int)] = [:]
        for (chunk, successor) in deprecated {
            let score = scores[chunk]
            scores[chunk] = 0
            guard score > 0, audiences[chunk] & mask != 0, let successor else { continue }
            if score > inherited[successor]?.score ?? 0 { inherited[successor] = (score, chunk) }
        }
        for (article, bequest) in inherited {
            let heirs = (chunksByArticle[article] ?? []).filter { audiences[$0] & mask != 0 }
            guard let heir = heirs.max(by: { (scores[$0], -$0) < (scores[$1], -$1) }), scores[heir] < bequest.score else { continue }
            scores[heir] = bequest.score
            replaced[heir] = chunks[bequest.chunk].id
        }
        return replaced
    }

    private func best(_ limit: Int, _ scores: [Float], _ mask: UInt8) -> [Int] {
        func precedes(_ a: Int, _ b: Int) -> Bool { scores[a] != scores[b] ? scores[a] > scores[b] : chunks[a].id < chunks[b].id }
        var top: [Int] = []
        for chunk in scores.indices where scores[chunk] > 0 && audiences[chunk] & mask != 0 {
            if top.count == limit, let last = top.last, !precedes(chunk, last) { continue }
            let place = top.firstIndex { precedes(chunk, $0) } ?? top.count
            top.insert(chunk, at: place)
            if top.count > limit { top.removeLast() }
        }
        return top
    }

    private func hit(_ chunk: Int, _ score: Float, _ concepts: [Concept], replaced: String?) -> Hit {
        var matches: [Hit.Match] = []
        var matched: Float = 0
        var asked: Float = 0
        var focused: Float = 0
        for concept in concepts {
            asked += concept.rarity
            let found = concept.terms.map { index.weight(of: $0, in: chunk) }.max() ?? 0
            guard found > 0 else { continue }
            matched += concept.rarity
            if concept.terms.contains(where: { index.isSubject($0, of: chunk) }) { focused += concept.rarity }
            matches.append(Hit.Match(words: concept.words, terms: concept.stems, score: Double(found)))
        }
        matches.sort { $0.score != $1.score ? $0.score > $1.score : $0.words < $1.words }
        let unit = max(index.highestRarity, .leastNormalMagnitude)
        let question = min(asked, Self.longestQuestion * unit)
        return Hit(
            chunk: chunks[chunk], score: Double(score), coverage: question > 0 ? Double(min(1, matched / question)) : 0,
            evidence: Double(matched / unit), focus: Double(focused / unit), matches: matches, replaced: replaced)
    }
}
