import ArgumentParser
import Domain
import Foundation
import Knowledge

/// Retrieval alone, over a library of made-up articles beside the shipped ones.
struct RetrievalCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "retrieval", abstract: "Search a library of this many chunks for each text of a file, print milliseconds a search.")

    @Argument(help: "Folder of the shipped articles.")
    var articles: String
    @Argument(help: "File of texts: an object with subject and body on each line.")
    var texts: String
    @Option(help: "Chunks in the library.")
    var chunks = 10_000
    @Option(help: "Timed passes over the texts.")
    var passes = 5

    private struct Line: Decodable {
        var subject: String
        var body: String
    }

    private struct Result: Encodable {
        var chunks: Int, searches: Int
        /// Of processor time.
        var meanMilliseconds: [Double]
        var p50: Double, p99: Double, most: Double
    }

    func run() throws {
        let shipped = try ArticleFile.read(folder: articles)
        let base = try ArticleLibrary.load(files: shipped)
        let vocabulary = Self.words(of: shipped)
        var random = Sequence(seed: 42)
        let files = shipped + (0..<max(0, (chunks - base.chunks.count + 9) / 10)).map { Self.article($0, vocabulary, &random) }
        let library = try ArticleLibrary.load(files: files)
        let retriever = Retriever(library: library)
        let queries = try lines(texts, as: Line.self).map { "\($0.subject)\n\($0.body)" }
        var all: [Double] = []
        var means: [Double] = []
        for _ in 0..<max(1, passes) {
            var pass: [Double] = []
            for query in queries {
                let start = threadSeconds()
                _ = retriever.search(query, audience: .trainee)
                pass.append((threadSeconds() - start) * 1000)
            }
            means.append(pass.reduce(0, +) / Double(max(1, pass.count)))
            all += pass
        }
        all.sort()
        try report(
            Result(
                chunks: library.chunks.count, searches: all.count, meanMilliseconds: means, p50: quantile(0.5, of: all),
                p99: quantile(0.99, of: all), most: all.last ?? 0))
    }

    /// The words of the shipped articles, so that made-up ones compete for the same questions, and as many of no meaning for the long tail.
    private static func words(of files: [ArticleFile]) -> [String] {
        var counts: [String: Int] = [:]
        for file in files {
            for word in file.text.lowercased().split(whereSeparator: { !$0.isLetter }) where word.count > 2 { counts[String(word), default: 0] += 1 }
        }
        let known = counts.sorted { $0.value != $1.value ? $0.value > $1.value : $0.key < $1.key }.map(\.key)
        return known + (0..<known.count * 4).map { "term\($0)" }
    }

    /// Ten sections of sixty words; frequent words come up often, as Zipf's law has it.
    private static func article(_ number: Int, _ vocabulary: [String], _ random: inout Sequence) -> ArticleFile {
        func text(_ count: Int) -> String {
            (0..<count).map { _ in
                let place = Foundation.exp(random.unit() * Foundation.log(Double(vocabulary.count)))
                return vocabulary[min(vocabulary.count - 1, Int(place))]
            }.joined(separator: " ")
        }
        var lines = [
            "---", "id: made-up-\(number)", "title: \(text(3)) \(number)", "version: 1.0", "last_updated: 2025-01-01", "tags: [\(text(1))]",
            "audience: [trainee, instructor, operator, support_engineer, admin]", "status: current", "---", ""
        ]
        for section in 0..<10 { lines += ["## \(text(3)) \(section)", "", text(60) + ".", ""] }
        return ArticleFile(name: "made-up-\(number).md", text: lines.joined(separator: "\n"))
    }

    /// A small generator of our own, so that every run sees the same library.
    private struct Sequence {
        var state: UInt64

        init(seed: UInt64) { state = seed }

        /// From 0 up to 1.
        mutating func unit() -> Double {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Double(state >> 11) / Double(1 << 53)
        }
    }
}
