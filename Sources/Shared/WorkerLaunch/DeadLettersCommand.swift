public import ArgumentParser
import Domain
import Foundation
import Messaging
import Stores
import Launch
import WorkerRuntime

/// What operators do with events that could not be handled.
public struct DeadLettersCommand<Scope: DeadLetterScope>: AsyncParsableCommand {
    public static var configuration: CommandConfiguration {
        let topics = Scope.readers.map { Topics.deadLetters(of: $0.topic) }.joined(separator: " and ")
        return CommandConfiguration(
            commandName: "dead-letters",
            abstract: "List, show, replay or discard events that could not be handled.",
            discussion: "A dead letter is a record in \(topics) with its story in dlq- headers, and a row in the inbox.",
            subcommands: [List.self, Show.self, Replay.self, Discard.self], defaultSubcommand: List.self)
    }

    public init() {}

    static var keys: [any DeclaredKey] { CommonKeys.logging + KafkaKeys.all + DatabaseKeys.all }

    struct List: AsyncParsableCommand {
        static var configuration: CommandConfiguration {
            CommandConfiguration(
                abstract: "The newest dead letters: id, attempts, where they came from, why.", discussion: settingsHelp(for: keys))
        }

        @OptionGroup var options: CommonOptions
        @Option(help: "Rows at most.") var limit = 50
        @Flag(help: "Discarded ones too.") var all = false

        func run() async throws {
            try await DeadLetterTools<Scope>.with(options) { tools in
                let rows = try await tools.list(limit: limit, includingDiscarded: all)
                for row in rows {
                    let state = row.outcome == "dead" ? "" : " (\(row.outcome))"
                    print(
                        "\(row.id.canonical)  \(RFC3339.string(row.receivedAt))  \(row.attempts) attempts  \(row.origin ?? "-")\(state)\n    \(row.detail)"
                    )
                }
                if rows.isEmpty { print("No dead letters.") }
            }
        }
    }

    struct Show: AsyncParsableCommand {
        static var configuration: CommandConfiguration {
            CommandConfiguration(abstract: "One dead letter whole: headers and payload.", discussion: settingsHelp(for: keys))
        }

        @Argument(help: "The id that `list` prints.") var id: String
        @OptionGroup var options: CommonOptions

        func run() async throws {
            try await DeadLetterTools<Scope>.with(options) { tools in
                let letter = try await tools.find(id).record
                for header in letter.headers {
                    print("\(header.name): \(header.value.map { String(decoding: $0, as: UTF8.self) } ?? "(null)")")
                }
                print("\n\(letter.value.map { String(decoding: $0.prefix(4000), as: UTF8.self) } ?? "(null payload)")")
            }
        }
    }

    struct Replay: AsyncParsableCommand {
        static var configuration: CommandConfiguration {
            CommandConfiguration(
                abstract: "Send a dead letter back to its topic, to be handled once more.", discussion: settingsHelp(for: keys))
        }

        @Argument(help: "The id that `list` prints.") var id: String
        @OptionGroup var options: CommonOptions

        func run() async throws {
            try await DeadLetterTools<Scope>.with(options) { tools in
                let letter = try await tools.find(id)
                let record = try DeadLetter.replay(of: letter.record)
                // The way back is open before the record is there: the other order would have it refused as a duplicate.
                guard try await letter.queries.beginReplay(letter.id) else { throw DeadLetterTools<Scope>.unknown(id) }
                try await tools.send(record)
                print("Sent back to \(record.topic). `\(Scope.program) dead-letters` tells if it dies again.")
            }
        }
    }

    struct Discard: AsyncParsableCommand {
        static var configuration: CommandConfiguration {
            CommandConfiguration(abstract: "Note that a dead letter is no longer wanted.", discussion: settingsHelp(for: keys))
        }

        @Argument(help: "The id that `list` prints.") var id: String
        @OptionGroup var options: CommonOptions

        func run() async throws {
            try await DeadLetterTools<Scope>.with(options) { tools in
                try await tools.discard(id)
                print("Discarded. It stays in the topic until that forgets it, and in `list --all`.")
            }
        }
    }
}
