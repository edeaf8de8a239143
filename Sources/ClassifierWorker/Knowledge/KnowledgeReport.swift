import Domain
import Intelligence
import Knowledge
import Stores

/// What the commands on the knowledge base print.
enum KnowledgeReport {
    /// What a sync changed.
    static func lines(_ changes: KnowledgeChanges, _ articles: ArticleFolder) -> [String] {
        if changes.isRepetition { return ["\(articles.summary): in force already, nothing to do"] }
        var lines = changes.added.map { "added      \($0)" }
        lines += changes.changed.map { "changed    \($0)" }
        lines += changes.removed.map { "removed    \($0)" }
        if !changes.unchanged.isEmpty { lines.append("unchanged  \(changes.unchanged.count)") }
        let before = changes.previous.map { "before: \($0)" } ?? "the first one"
        return lines + ["\(articles.summary): in force now (\(before))"]
    }

    /// What a question finds, and what would be said.
    static func lines(of query: String, as persona: Persona, limit: Int, in articles: ArticleFolder) -> [String] {
        let answerer = TicketAnswerer(library: articles.library)
        let hits = answerer.retriever.search(query, audience: persona, limit: max(1, limit))
        var lines = ["\(articles.summary), asked by: \(persona.rawValue)", ""]
        for (index, hit) in hits.enumerated() {
            lines.append("\(index + 1). \(hit.chunk.id)")
            lines.append("   \(hit.chunk.headingPath.joined(separator: " > "))")
            lines.append(
                "   score \(shown(hit.score))  coverage \(shown(hit.coverage))  evidence \(shown(hit.evidence))  focus \(shown(hit.focus))")
            lines.append("   matched: \(TicketAnswerer.evidence(hit).words.joined(separator: ", "))")
            if let replaced = hit.replaced { lines.append("   stands for the withdrawn \(replaced)") }
        }
        if hits.isEmpty { lines.append("No section that this persona may be answered from has a word of the question.") }
        lines.append("")
        switch answerer.composer.compose(hits) {
        case .covered(let answer): lines += ["Covered. The articles' part of the answer:", "", answer.text]
        case .notCovered(let reason):
            lines.append("Not covered (\(reason.rawValue)): the requester would be told so, and a person would look at the ticket.")
        }
        return lines
    }

    /// Two decimals, whatever the locale.
    static func shown(_ value: Double) -> String {
        let hundredths = Int((value * 100).rounded())
        return "\(hundredths / 100).\(hundredths % 100 < 10 ? "0" : "")\(hundredths % 100)"
    }
}
