import Domain
import Foundation
import Stores

/// Puts together what a human who takes a ticket over gets to read, bounded so that its event stays far below a megabyte.
struct HandoverWriter {
    /// Messages that are looked at.
    static let messageLimit = 60
    /// Characters of a message that are looked at.
    static let textLimit = 20_000
    /// Bytes of JSON for the texts of the conversation.
    static let budget = 240_000
    /// Of these for one text, so that the submission leaves room for the newest messages.
    static let textBudget = 80_000

    static func handover(_ ticket: Ticket, _ conversation: Conversation, updatedAt: Date) -> Handover {
        let messages = conversation.messages.sorted { $0.number < $1.number }
        var budget = Self.budget
        func part(_ number: Int, _ author: Author.Kind, _ visibility: Visibility, _ at: Date, _ text: String, _ isCut: Bool) -> Handover.Part {
            let (kept, cut) = Self.fitting(text, into: textBudget)
            return Handover.Part(number: number, author: author, visibility: visibility, at: Timestamp(at), text: kept, isCut: cut || isCut)
        }
        let submission = part(0, .requester, .public, ticket.submittedAt, ticket.body, false)
        budget -= jsonSize(submission.text)
        var parts: [Handover.Part] = []
        for message in messages.reversed() {
            let isCut = message.body.unicodeScalars.count >= textLimit
            let part = part(message.number, message.author.kind, message.visibility, message.at, message.body, isCut)
            let size = jsonSize(part.text)
            guard size <= budget else { break }
            budget -= size
            parts.append(part)
        }
        let texts = messages.reversed().filter { $0.author.kind == .requester }.map(\.body) + [ticket.body, ticket.subject]
        var articles: [String] = []
        for citation in conversation.citations where !articles.contains(citation) && articles.count < 50 { articles.append(citation) }
        return Handover(
            summary: summary(ticket), persona: ticket.persona, course: ticket.course, module: ticket.module, language: ticket.language,
            submittedAt: Timestamp(ticket.submittedAt), classifiedAt: Timestamp(ticket.classifiedAt), updatedAt: Timestamp(updatedAt),
            errors: ErrorLines.find(in: texts), articles: articles, conversation: [submission] + parts.reversed(),
            omitted: max(0, ticket.messageCount - parts.count))
    }

    private static func summary(_ ticket: Ticket) -> String {
        let subject = String(ticket.subject.prefix(120))
        let place = [ticket.course.map { "course \($0)" }, ticket.module.map { "module \($0)" }].compactMap { $0 }.joined(separator: ", ")
        var facts = ["severity \(ticket.severity.value.rawValue)", "tier \(ticket.tier.value.rawValue)", "language \(ticket.language)"]
        if !place.isEmpty { facts.append(place) }
        if ticket.failedAttempts > 0 { facts.append("documented steps failed \(ticket.failedAttempts) times") }
        if !ticket.guardrails.isEmpty { facts.append("guardrails \(ticket.guardrails.joined(separator: ", "))") }
        let answer: String =
            switch ticket.answer {
            case .none: "not answered yet"
            case .answered: "answered from the knowledge base"
            case .notCovered: "no article supports an answer"
            case .refused: "the request was refused"
            case .unsupportedLanguage: "its language is not supported"
            case .withheld: "an answer is kept back for a human"
            }
        return "\(ticket.persona.rawValue) reports \(ticket.category.value): \"\(subject)\" (\(facts.joined(separator: ", "))); \(answer)."
    }

    /// The beginning of a text that takes at most so many bytes as JSON.
    private static func fitting(_ text: String, into limit: Int) -> (String, isCut: Bool) {
        guard jsonSize(text) > limit else { return (text, false) }
        var size = 0
        var end = text.unicodeScalars.startIndex
        while end < text.unicodeScalars.endIndex {
            size += jsonSize(text.unicodeScalars[end])
            if size > limit { break }
            end = text.unicodeScalars.index(after: end)
        }
        return (String(text.unicodeScalars[..<end]), true)
    }

    private static func jsonSize(_ text: String) -> Int { text.unicodeScalars.reduce(0) { $0 + jsonSize($1) } }

    /// Bytes of a character inside a JSON string: control characters take six, quote and backslash two.
    private static func jsonSize(_ scalar: Unicode.Scalar) -> Int {
        switch scalar.value {
        case 0..<0x20, 0x7F: 6
        case 0x22, 0x5C: 2
        default: UTF8.width(scalar)
        }
    }
}
