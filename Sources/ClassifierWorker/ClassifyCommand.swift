public import ArgumentParser
public import Domain
import Foundation
import Intelligence
import Launch
import Logging

/// Classifies one text from the command line, to see what the shipped or an edited configuration makes of it.
struct ClassifyCommand: AsyncParsableCommand {
    static let keys: [any DeclaredKey] = CommonKeys.logging + [TriageWorker.taxonomy, TriageWorker.guardrails]

    static let configuration = CommandConfiguration(
        commandName: "classify",
        abstract: "Classify one text and print the decision with its reasons, as JSON.",
        discussion: "Needs neither Kafka nor a database. Without a body it reads standard input.\n\n" + settingsHelp(for: keys))

    @Argument(help: "The ticket's text.") var body: String?
    @Option(help: "The ticket's subject.") var subject = ""
    @Option(help: "Who asks: \(Persona.allCases.map(\.rawValue).joined(separator: ", ")).") var persona = Persona.trainee
    @OptionGroup var options: CommonOptions

    func run() async throws {
        let configuration = try options.load(keys: Self.keys, tolerated: TriageWorker.keys)
        let classifier = try TriageWorker.classifier(configuration, Logger(label: "classify", factory: { _ in SwiftLogNoOpLogHandler() }))
        let text = body ?? String(decoding: FileHandle.standardInput.readDataToEndOfFile(), as: UTF8.self)
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        let decision = try encoder.encode(classifier.classify(subject: subject, body: text, persona: persona))
        print(String(decoding: decision, as: UTF8.self))
    }
}

extension Persona: ExpressibleByArgument {}
