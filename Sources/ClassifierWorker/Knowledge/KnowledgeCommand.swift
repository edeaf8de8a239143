import ArgumentParser
import Domain
import Foundation
import Knowledge
import Launch
import Logging
import Postgres
import Stores

/// What people do with the knowledge base.
struct KnowledgeCommand: AsyncParsableCommand {
    static let keys: [any DeclaredKey] = [ArticleFolder.key]

    static let configuration = CommandConfiguration(
        commandName: "kb",
        abstract: "Check, store, list and search the articles of the knowledge base.",
        discussion: """
            Articles are Markdown files in one folder. Workers answer from the library that `kb sync` stored last, and take a new one up within seconds. \
            Every version stays in the database, so that an old answer can be read against the text that it cites; syncing an older folder brings it back.

            kb lint                           is everything right?
            kb search "lost phone, mfa reset" what is found and said?
            kb sync                           store it, answer from it
            kb list                           what was stored, what is in force
            """,
        subcommands: [Sync.self, Lint.self, Search.self, List.self])

    /// What the errors of these commands mean for whoever gave them.
    static func reason(_ error: any Error) -> ExitReason? {
        switch error {
        case let error as TransactionError: reason(error.primary)
        case let error as PostgresError where error.kind == .connection:
            .unavailable("\(error)", next: "Check database.url and that PostgreSQL runs.")
        case let error as PostgresError where ["42P01", "3F000"].contains(error.sqlState):
            .unavailable("\(error)", next: "Run `ingest init-db` first.")
        default: nil
        }
    }

    struct Lint: AsyncParsableCommand {
        static let keys: [any DeclaredKey] = CommonKeys.logging + KnowledgeCommand.keys

        static let configuration = CommandConfiguration(
            abstract: "Say what is wrong with the articles, by file and line.",
            discussion: "Needs no database. Ends with 0 when they can be stored, with 65 when not.\n\n" + settingsHelp(for: keys))

        @Argument(help: "The folder; without it, knowledge.folder.") var folder: String?
        @OptionGroup var options: CommonOptions

        func run() async throws {
            let configuration = try options.load(keys: Self.keys, tolerated: ClassifierApplication.keys)
            let articles = try ArticleFolder(folder ?? configuration[ArticleFolder.key])
            print("\(articles.summary): no problems")
        }
    }

    struct Sync: AsyncParsableCommand {
        static let keys: [any DeclaredKey] = CommonKeys.logging + DatabaseKeys.all + KnowledgeCommand.keys

        static let configuration = CommandConfiguration(
            abstract: "Check the articles, store them, and answer from them from now on.",
            discussion: """
                All or nothing, in one transaction; repeating it changes nothing. Articles with a mistake are not stored: see `kb lint`. The \
                running workers read the new library within seconds; tickets that were answered before keep their answers.


                """ + settingsHelp(for: keys))

        @Argument(help: "The folder; without it, knowledge.folder.") var folder: String?
        @Option(name: .customLong("by"), help: "Who does it, to be written down. [USER]") var author: String?
        @OptionGroup var options: CommonOptions

        func run() async throws {
            let configuration = try options.load(keys: Self.keys, tolerated: ClassifierApplication.keys)
            configuration.startLogging()
            let articles = try ArticleFolder(folder ?? configuration[ArticleFolder.key])
            let who = author ?? ProcessInfo.processInfo.environment["USER"] ?? "unknown"
            let changes = try await KnowledgeDatabase.with(configuration) {
                try await $0.sync(version: articles.library.version, articles: ArticleFolder.stored(articles.library, articles.files), by: who)
            }
            for line in KnowledgeReport.lines(changes, articles) { print(line) }
        }
    }

    struct Search: AsyncParsableCommand {
        static let keys: [any DeclaredKey] = CommonKeys.logging + KnowledgeCommand.keys

        static let configuration = CommandConfiguration(
            abstract: "Show what a question finds in the articles, why, and what would be said.",
            discussion: """
                Needs no database: it reads the folder. `coverage` is the share of the question that a section speaks of, `evidence` how much \
                was matched at all, `focus` how much of it in title, headings and tags. The answer is made of the best sections that reach all \
                thresholds.


                """ + settingsHelp(for: keys))

        @Argument(help: "The question, in any supported language.") var query: String
        @Option(help: "Who asks: \(Persona.allCases.map(\.rawValue).joined(separator: ", ")).") var persona = Persona.trainee
        @Option(help: "The folder; without it, knowledge.folder.") var folder: String?
        @Option(help: "Hits shown at most.") var limit = 5
        @OptionGroup var options: CommonOptions

        func run() async throws {
            let configuration = try options.load(keys: Self.keys, tolerated: ClassifierApplication.keys)
            let articles = try ArticleFolder(folder ?? configuration[ArticleFolder.key])
            for line in KnowledgeReport.lines(of: query, as: persona, limit: limit, in: articles) { print(line) }
        }
    }

    struct List: AsyncParsableCommand {
        static let keys: [any DeclaredKey] = CommonKeys.logging + DatabaseKeys.all

        static let configuration = CommandConfiguration(
            abstract: "The stored libraries, the one in force first.", discussion: settingsHelp(for: keys))

        @OptionGroup var options: CommonOptions

        func run() async throws {
            let configuration = try options.load(keys: Self.keys, tolerated: ClassifierApplication.keys + KnowledgeCommand.keys)
            configuration.startLogging()
            let libraries = try await KnowledgeDatabase.with(configuration) { try await $0.libraries() }
            for library in libraries {
                let state = library.isActive ? "in force since \(RFC3339.string(library.activatedAt))" : "stored"
                print("\(library.version)  \(library.articles) articles  \(state)  synced \(RFC3339.string(library.syncedAt)) by \(library.syncedBy)")
            }
            if libraries.isEmpty { print("No library. `classifier-worker kb sync` stores the articles of a folder.") }
        }
    }
}

/// The connection of the commands that need one.
enum KnowledgeDatabase {
    static func with<Value: Sendable>(
        _ configuration: LaunchConfiguration, _ body: (KnowledgeStore) async throws -> Value
    ) async throws -> Value {
        var logger = Logger(label: "kb")
        logger.logLevel = .warning
        let pool = ConnectionPool(settings: try PostgresSettings(url: configuration[DatabaseKeys.url]), logger: logger)
        do {
            let value = try await body(KnowledgeStore(pool))
            await pool.close()
            return value
        } catch {
            await pool.close()
            throw error
        }
    }
}
