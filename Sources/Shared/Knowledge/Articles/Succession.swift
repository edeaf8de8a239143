/// Who replaces whom.
///
/// A chain is a set of articles joined by `supersedes`, in whatever direction. It has exactly one current article, and that one stands
/// for every deprecated article of its chain, through any number of steps. A deprecated article that nothing replaces is its own chain
/// and was withdrawn without a successor.
struct Succession {
    /// The sets of ids that belong together, those of one article left out; ids sorted.
    private(set) var chains: [[String]] = []
    /// The current article for each deprecated one.
    private(set) var successors: [String: String] = [:]
    /// Ids from which `supersedes` leads back to themselves.
    private(set) var circular: Set<String> = []

    init(_ articles: [Article]) {
        let byID = Dictionary(articles.map { ($0.id, $0) }) { first, _ in first }
        var neighbours: [String: Set<String>] = [:]
        for article in articles {
            for older in article.supersedes where byID[older] != nil {
                neighbours[article.id, default: []].insert(older)
                neighbours[older, default: []].insert(article.id)
            }
            if Self.leadsBack(article, byID) { circular.insert(article.id) }
        }
        var seen: Set<String> = []
        for id in byID.keys.sorted() where neighbours[id] != nil && !seen.contains(id) {
            var chain: [String] = []
            var open = [id]
            while let next = open.popLast() {
                guard seen.insert(next).inserted else { continue }
                chain.append(next)
                open += neighbours[next, default: []]
            }
            chains.append(chain.sorted())
            let current = chain.filter { byID[$0]?.status == .current }
            guard let only = current.first, current.count == 1 else { continue }
            for older in chain where older != only { successors[older] = only }
        }
    }

    private static func leadsBack(_ article: Article, _ byID: [String: Article]) -> Bool {
        var seen: Set<String> = []
        var open = article.supersedes
        while let next = open.popLast() {
            if next == article.id { return true }
            if seen.insert(next).inserted { open += byID[next]?.supersedes ?? [] }
        }
        return false
    }
}
