import Foundation

/// Holds an answer against the sections that it cites. In doubt it objects: a human then answers.
struct AnswerChecks {
    private let known: Set<String>
    private let words: Set<String>
    private let text: [UInt8]
    private let promises: ForbiddenPromises
    private let citable: Set<String>

    init(cited: [EnrichmentPrompt.Source]) {
        let whole = Self.seen(cited.map { "\($0.title)\n\($0.text)" }.joined(separator: "\n\n"))
        let tokens = AnswerToken.tokens(of: whole)
        known = Set(tokens.map(\.text))
        words = Set(whole.lowercased().split { !$0.isLetter && !$0.isNumber }.map(String.init))
        text = Self.spaced(whole)
        promises = ForbiddenPromises(excused: whole)
        citable = Set(cited.map(\.id))
    }

    /// The first reason to keep the answer back.
    func objection(to answer: String, citations: [String]) -> Enrichment.Withheld? {
        if citations.isEmpty { return .uncited }
        if citations.contains(where: { !citable.contains($0) }) { return .unknownCitation }
        var seen = Self.seen(answer)
        for citation in citations { seen = seen.replacingOccurrences(of: "[\(citation)]", with: " ") }
        for code in MarkdownCode.pieces(of: seen) where !stands(code) { return .unknownCommand }
        let tokens = AnswerToken.tokens(of: seen)
        for (number, token) in tokens.enumerated() {
            let previous = number > 0 ? tokens[number - 1].text : nil
            if let objection = objection(to: token, after: previous) { return objection }
        }
        return promises.occur(in: seen) ? .promise : nil
    }

    private func objection(to token: AnswerToken, after previous: String?) -> Enrichment.Withheld? {
        switch token.kind {
        case .plain: nil
        case .address: known.contains(token.text) ? nil : .unknownAddress
        case .path: known.contains(token.text) ? nil : .unknownPath
        case .alternatives(let parts):
            known.contains(token.text) || parts.allSatisfy { words.contains($0) || Self.conjunctions.contains($0) } ? nil : .unknownPath
        case .code: known.contains(token.text) ? nil : .unknownCommand
        case .command: words.contains(token.text.lowercased()) ? nil : .unknownCommand
        case .option: known.contains(token.text) && previous.map { known.contains($0) } == true ? nil : .unknownCommand
        }
    }

    private static let conjunctions: Set<String> = [
        "and", "or", "und", "oder", "y", "o", "et", "ou", "e", "yes", "no", "on", "off", "he", "she", "er", "sie", "in", "ein", "aus"
    ]

    /// Whether a piece of code stands in the cited text as it is, not as a part of something longer.
    private func stands(_ code: String) -> Bool {
        let wanted = Self.spaced(code)
        guard !wanted.isEmpty else { return true }
        guard wanted.count <= text.count else { return false }
        for start in 0...(text.count - wanted.count) where text[start] == wanted[0] {
            let end = start + wanted.count
            guard text[start..<end].elementsEqual(wanted) else { continue }
            if !joins(start - 1) && !joinsOnward(end) { return true }
        }
        return false
    }

    private func joins(_ index: Int) -> Bool {
        guard text.indices.contains(index) else { return false }
        let byte = text[index]
        return byte >= 0x80 || (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
            || Array("/-_.~\\$=:+%&|@".utf8).contains(byte)
    }

    /// A sign at a sentence's end does not make it longer.
    private func joinsOnward(_ index: Int) -> Bool {
        guard joins(index) else { return false }
        return !([0x2E, 0x3A].contains(text[index]) && (index + 1 == text.count || text[index + 1] == 0x20))
    }

    /// The text as a reader sees it: compatibility forms resolved, nothing invisible.
    private static func seen(_ text: String) -> String {
        var view = String.UnicodeScalarView()
        for scalar in text.precomposedStringWithCompatibilityMapping.unicodeScalars where !scalar.properties.isDefaultIgnorableCodePoint {
            view.append(scalar)
        }
        return String(view)
    }

    private static func spaced(_ text: String) -> [UInt8] {
        Array(text.split(whereSeparator: \.isWhitespace).joined(separator: " ").utf8)
    }
}

/// Code in Markdown: what stands between backticks, and the lines of fenced blocks.
enum MarkdownCode {
    static func pieces(of text: String) -> [String] {
        var pieces: [String] = []
        var prose = ""
        var isFenced = false
        for line in text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline) {
            let trimmed = line.trimmingCharacters(in: .whitespaces)
            if trimmed.hasPrefix("```") || trimmed.hasPrefix("~~~") {
                // A fence with code on its own line is code.
                let rest = trimmed.drop { $0 == "`" || $0 == "~" }
                if rest.contains(where: \.isWhitespace) { pieces.append(String(rest.filter { $0 != "`" })) }
                isFenced.toggle()
            } else if isFenced {
                pieces.append(trimmed)
            } else {
                prose += line + "\n"
            }
        }
        // A backtick that is never closed opens code up to the end.
        for (number, piece) in prose.split(separator: "`", omittingEmptySubsequences: false).enumerated() where number % 2 == 1 {
            pieces.append(String(piece))
        }
        return pieces
    }
}
