import ArgumentParser
import Domain
import Foundation
import Intelligence
import Knowledge

/// What Triage decides, without broker and database: for timing and for counting instructions (callgrind).
struct TriageCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "triage", abstract: "Classify and answer each text of a file as Triage does, print microseconds a ticket by step.")

    @Argument(help: "Folder of taxonomy.yaml and guardrails.yaml.")
    var configurationFolder: String
    @Argument(help: "Folder of the articles.")
    var articles: String
    @Argument(help: "File of texts: an object with subject, body and persona on each line.")
    var texts: String
    @Option(help: "Passes over the texts.")
    var passes = 5

    private struct Line: Decodable {
        var subject: String
        var body: String
        var persona: Persona?
    }

    private struct Result: Encodable {
        var tickets: Int
        /// Of processor time, each pass.
        var classifyMicroseconds: [Double], answerMicroseconds: [Double]
    }

    func run() throws {
        func read(_ name: String) throws -> String { try String(contentsOfFile: "\(configurationFolder)/\(name)", encoding: .utf8) }
        let classifier = try TriageClassifier(
            taxonomyText: try read("taxonomy.yaml"), taxonomyName: "taxonomy.yaml", guardrailsText: try read("guardrails.yaml"),
            guardrailsName: "guardrails.yaml")
        let answerer = TicketAnswerer(library: try ArticleLibrary.load(files: try ArticleFile.read(folder: articles)))
        let tickets = try lines(texts, as: Line.self)
        var result = Result(tickets: tickets.count, classifyMicroseconds: [], answerMicroseconds: [])
        for _ in 0..<max(1, passes) {
            let start = threadSeconds()
            let all = tickets.map { classifier.classify(subject: $0.subject, body: $0.body, persona: $0.persona ?? .trainee) }
            let classified = threadSeconds()
            for (ticket, classification) in zip(tickets, all) {
                _ = answerer.answer(
                    subject: ticket.subject, body: ticket.body, persona: ticket.persona ?? .trainee, classification: classification,
                    isRefused: classifier.refuses(classification))
            }
            let share = 1e6 / Double(max(1, tickets.count))
            result.classifyMicroseconds.append((classified - start) * share)
            result.answerMicroseconds.append((threadSeconds() - classified) * share)
        }
        try report(result)
    }
}
