/// An inverted index in memory, with the weight of each word in each chunk worked out beforehand.
///
/// Chunks keep the numbers they came with. The same chunks and parameters make the same index, and the same query the same scores.
struct BM25Index: Sendable {
    struct Posting: Sendable {
        var chunk: Int32
        var weight: Float
    }

    let chunkCount: Int
    private let terms: [String: Int32]
    private var postings: [[Posting]] = []
    private let rarities: [Float]
    /// The terms of each chunk's title, headings and tags, sorted.
    private let subjects: [[Int32]]
    /// What a word that no chunk has would weigh.
    let highestRarity: Float

    init(chunks: [Chunk], parameters: BM25Parameters) {
        chunkCount = chunks.count
        highestRarity = Float(Rarity.of(0, among: Double(chunks.count)))
        var terms: [String: Int32] = [:]
        var counts: [[(term: Int32, frequency: Float)]] = []
        var lengths: [Float] = []
        var stems: [String: Int32] = [:]
        var frequencies: [Float] = []
        var touched: [Int32] = []
        var subjects: [[Int32]] = []
        for chunk in chunks {
            var length: Float = 0
            func count(_ text: String, _ weight: Double) {
                guard weight > 0 else { return }
                for word in SearchWords.searchable(in: text) where !StopWords.contains(word) {
                    let term: Int32
                    if let known = stems[word] {
                        term = known
                    } else {
                        let stem = PorterStemmer.stem(word)
                        term = terms[stem] ?? Int32(terms.count)
                        terms[stem] = term
                        stems[word] = term
                        if Int(term) == frequencies.count { frequencies.append(0) }
                    }
                    if frequencies[Int(term)] == 0 { touched.append(term) }
                    frequencies[Int(term)] += Float(weight)
                    length += Float(weight)
                }
            }
            count(chunk.headingPath.first ?? "", parameters.title)
            for heading in chunk.headingPath.dropFirst() { count(heading, parameters.heading) }
            for tag in chunk.tags { count(tag, parameters.tags) }
            subjects.append(touched.sorted())
            count(chunk.text, 1)
            counts.append(touched.map { ($0, frequencies[Int($0)]) })
            lengths.append(length)
            for term in touched { frequencies[Int(term)] = 0 }
            touched.removeAll(keepingCapacity: true)
        }
        let mean = max(1, lengths.reduce(0, +) / Float(max(1, lengths.count)))
        self.terms = terms
        self.subjects = subjects
        postings = Array(repeating: [], count: terms.count)
        for (chunk, entries) in counts.enumerated() {
            let norm = Float(parameters.k1) * (1 - Float(parameters.b) + Float(parameters.b) * lengths[chunk] / mean)
            for entry in entries {
                let weight = entry.frequency * (Float(parameters.k1) + 1) / (entry.frequency + norm)
                postings[Int(entry.term)].append(Posting(chunk: Int32(chunk), weight: weight))
            }
        }
        let total = Double(chunks.count)
        rarities = postings.map { Float(Rarity.of($0.count, among: total)) }
        for term in postings.indices {
            let factor = rarities[term]
            for index in postings[term].indices { postings[term][index].weight *= factor }
        }
    }

    /// The number of a stem, nil when no chunk has it.
    func term(_ stem: String) -> Int32? { terms[stem] }

    /// The inverse document frequency.
    func rarity(of term: Int32) -> Float { rarities[Int(term)] }

    /// Whether the chunk's title, headings or tags have the term.
    func isSubject(_ term: Int32, of chunk: Int) -> Bool { subjects[chunk].contains(term) }

    /// Adds to the scores of the chunks what one thing that was asked for weighs in them: of its terms, which are alternatives, the
    /// weightiest. `scratch` is all 0 before and after.
    func accumulate(_ terms: [Int32], into scores: inout [Float], scratch: inout [Float]) {
        guard terms.count > 1 else {
            for term in terms {
                for posting in postings[Int(term)] { scores[Int(posting.chunk)] += posting.weight }
            }
            return
        }
        for term in terms {
            for posting in postings[Int(term)] where posting.weight > scratch[Int(posting.chunk)] {
                scores[Int(posting.chunk)] += posting.weight - scratch[Int(posting.chunk)]
                scratch[Int(posting.chunk)] = posting.weight
            }
        }
        for term in terms {
            for posting in postings[Int(term)] { scratch[Int(posting.chunk)] = 0 }
        }
    }

    /// What a term adds to a chunk; 0 when the chunk does not have it.
    func weight(of term: Int32, in chunk: Int) -> Float {
        let list = postings[Int(term)]
        var low = 0
        var high = list.count
        while low < high {
            let middle = (low + high) / 2
            if Int(list[middle].chunk) < chunk { low = middle + 1 } else { high = middle }
        }
        return low < list.count && Int(list[low].chunk) == chunk ? list[low].weight : 0
    }
}
