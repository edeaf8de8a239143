public import ArgumentParser
public import Domain
import Foundation
import Intelligence
import Launch
import Logging

/// Classifies and answers one text from the command line, to see what the shipped or edited configuration and articles make of it.
struct ClassifyCommand: AsyncParsableCommand {
    static let keys: [any DeclaredKey] = CommonKeys.logging + [TriageWorker.taxonomy, TriageWorker.guardrails, ArticleFolder.key]

    static let configuration = CommandConfiguration(
        commandName: "classify",
        abstract: "Classify one text and print the decision with its reasons, and the answer it would get, as JSON.",
        discussion: "Needs neither Kafka nor a database. Without a body it reads standard input.\n\n" + settingsHelp(for: keys))

    @Argument(help: "The ticket's text.") var body: String?
    @Option(help: "The ticket's subject.") var subject = ""
    @Option(help: "Who asks: \(Persona.allCases.map(\.rawValue).joined(separator: ", ")).") var persona = Persona.trainee
    @OptionGroup var options: CommonOptions

    func run() async throws {
        let configuration = try options.load(keys: Self.keys, tolerated: ClassifierApplication.keys)
        let classifier = try TriageWorker.classifier(configuration, Logger(label: "classify", factory: { _ in SwiftLogNoOpLogHandler() }))
        let answerer = TicketAnswerer(library: try ArticleFolder(configuration[ArticleFolder.key]).library)
        let text = body ?? String(decoding: FileHandle.standardInput.readDataToEndOfFile(), as: UTF8.self)
        let classification = classifier.classify(subject: subject, body: text, persona: persona)
        let answer = answerer.answer(
            subject: subject, body: text, persona: persona, classification: classification, isRefused: classifier.refuses(classification))
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        let decision = try encoder.encode(Decision(classification: classification, answer: answer))
        print(String(decoding: decision, as: UTF8.self))
    }

    /// The classification's own fields, and the answer beside them.
    private struct Decision: Encodable {
        let classification: Classification
        let answer: TicketAnswer

        enum CodingKeys: CodingKey { case answer }

        func encode(to encoder: any Encoder) throws {
            try classification.encode(to: encoder)
            var container = encoder.container(keyedBy: CodingKeys.self)
            try container.encode(answer, forKey: .answer)
        }
    }
}

extension Persona: ExpressibleByArgument {}
