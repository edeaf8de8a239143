import Foundation

/// An enrichment request as it arrives over the wire, read without the product's own types.
struct EnrichmentQuestion {
    struct Source {
        var id: String
        var text: String
    }

    let categories: [String]
    let sources: [Source]
    let ticket: String
    let language: String

    /// Nil for a request that is no enrichment.
    init?(_ request: ScriptedModelServer.Request) {
        struct Body: Decodable {
            struct Format: Decodable {
                var jsonSchema: Named

                enum CodingKeys: String, CodingKey { case jsonSchema = "json_schema" }
            }

            struct Named: Decodable {
                var schema: Schema
            }

            struct Schema: Decodable {
                struct Properties: Decodable {
                    var classification: Labels
                }

                struct Labels: Decodable {
                    struct Properties: Decodable {
                        struct Choice: Decodable {
                            var `enum`: [String]
                        }

                        var category: Choice
                    }

                    var properties: Properties
                }

                var properties: Properties
            }

            var responseFormat: Format

            enum CodingKeys: String, CodingKey { case responseFormat = "response_format" }
        }
        guard let body = try? JSONDecoder().decode(Body.self, from: Data(request.body)) else { return nil }
        categories = body.responseFormat.jsonSchema.schema.properties.classification.properties.category.enum
        guard !categories.isEmpty else { return nil }
        var sources: [Source] = []
        var ticket = "", language = "en"
        var block: String?
        for line in request.userText.split(separator: "\n", omittingEmptySubsequences: false) {
            if line.hasPrefix("| ") {
                let text = line.dropFirst(2) + "\n"
                if block == "SOURCE" { sources[sources.count - 1].text += text } else if block == "TICKET" { ticket += text }
            } else if line.hasPrefix("BEGIN SOURCE ") {
                block = "SOURCE"
                sources.append(Source(id: String(line.dropFirst("BEGIN SOURCE ".count)), text: ""))
            } else if line.hasPrefix("BEGIN TICKET") {
                block = "TICKET"
                let named = line.split(separator: " ").first { $0.hasPrefix("language=") }?.dropFirst("language=".count) ?? "en"
                language = named == "" ? "en" : String(named)
            } else {
                block = nil
            }
        }
        self.sources = sources
        self.ticket = ticket
        self.language = language
    }

    var answer: ScriptedEnrichment {
        let said = Self.words(of: ticket)
        let ranked = categories.map { ($0, Self.words(of: $0.replacingOccurrences(of: "_", with: " ")).intersection(said).count) }
        let best = ranked.max { $0.1 < $1.1 }
        let isFound = (best?.1 ?? 0) > 0
        let fallback = categories.first { $0.hasPrefix("general") } ?? categories[0]
        var answer = ScriptedEnrichment(category: isFound ? best?.0 ?? fallback : fallback)
        answer.confidence = isFound ? 0.9 : 0.55
        answer.language = language
        answer.tier = said.isDisjoint(with: ["panic", "outage", "kernel"]) ? said.isDisjoint(with: ["crash", "freeze", "dns"]) ? 1 : 2 : 3
        answer.severity =
            said.isDisjoint(with: ["exam", "graded", "everyone", "class", "deadline"])
            ? said.isDisjoint(with: ["outage", "panic"]) ? "medium" : "critical" : "high"
        answer.rationale = "Scripted: " + (isFound ? "the ticket has words of the category." : "no category shares a word with the ticket.")
        if let (text, source) = quotation(for: said) {
            answer.text = text
            answer.citations = [source]
        }
        return answer
    }

    /// The beginning of the first section that shares enough words with the ticket, as it stands there: whole lines, the title left out.
    private func quotation(for said: Set<String>) -> (text: String, source: String)? {
        guard let source = sources.first(where: { Self.words(of: $0.text).intersection(said).count >= 3 }) else { return nil }
        var text = ""
        for line in source.text.split(separator: "\n", omittingEmptySubsequences: false).dropFirst(2) {
            if text.utf8.count + line.utf8.count > 1500 { break }
            text += line + "\n"
        }
        let trimmed = text.trimmingCharacters(in: .whitespacesAndNewlines)
        return trimmed.isEmpty ? nil : (trimmed, source.id)
    }

    /// Longer words in small letters, without the endings that English adds.
    private static func words(of text: String) -> Set<String> {
        Set(
            text.lowercased().split { !$0.isLetter && !$0.isNumber }.map(String.init).filter { $0.count > 2 && !common.contains($0) }
                .map { word in
                    for ending in ["ing", "es", "ed", "s"] where word.count > ending.count + 3 && word.hasSuffix(ending) {
                        return String(word.dropLast(ending.count))
                    }
                    return word
                })
    }

    private static let common: Set<String> = [
        "the", "and", "for", "not", "but", "you", "are", "was", "with", "that", "this", "have", "has", "from", "when", "your", "can", "cannot",
        "request", "question", "issue", "problem", "please", "help", "after", "again", "been", "does"
    ]
}
