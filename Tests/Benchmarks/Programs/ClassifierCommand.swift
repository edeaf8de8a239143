import ArgumentParser
import Intelligence

/// The local classifier alone: how fast on one thread, and how good on a labelled set that it has not seen.
struct ClassifierCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "classifier", abstract: "Train on train.jsonl of a folder, predict dev.jsonl, print macro-F1, accuracy and texts a second.")

    @Argument(help: "Folder of train.jsonl and dev.jsonl: an object with text and label on each line.")
    var folder: String
    @Option(help: "Timed passes over the dev part.")
    var passes = 5
    @Option(help: "The penalty of an error (C).")
    var cost = LocalModel.Options().cost
    @Option(help: "Shortest character sequence.")
    var shortest = LocalModel.Options().shortestSequence
    @Option(help: "Features in fewer texts are left out.")
    var fewest = LocalModel.Options().fewestTexts

    private struct Line: Decodable {
        var text: String
        var label: String
    }

    private struct Result: Encodable {
        var texts: Int, labels: Int, features: Int
        var macroF1: Double, accuracy: Double, trainingSeconds: Double
        /// Of processor time, each pass.
        var textsPerSecond: [Double]
    }

    func run() throws {
        let train = try lines("\(folder)/train.jsonl", as: Line.self), dev = try lines("\(folder)/dev.jsonl", as: Line.self)
        let began = threadSeconds()
        var options = LocalModel.Options()
        options.cost = cost
        options.shortestSequence = shortest
        options.fewestTexts = fewest
        let model = LocalModel.train(examples: train.map { LocalModel.Example(text: $0.text, label: $0.label) }, options: options)
        let trained = threadSeconds()
        var rates: [Double] = []
        var predictions: [String] = []
        for _ in 0..<max(1, passes) {
            let start = threadSeconds()
            predictions = dev.map { model.predict($0.text).label }
            rates.append(Double(dev.count) / (threadSeconds() - start))
        }
        let pairs = zip(dev.map(\.label), predictions)
        try report(
            Result(
                texts: dev.count, labels: model.labels.count, features: model.featureCount, macroF1: Self.macroF1(pairs.map { ($0, $1) }),
                accuracy: Double(pairs.count { $0 == $1 }) / Double(max(1, dev.count)), trainingSeconds: trained - began, textsPerSecond: rates))
    }

    /// The mean over all labels, true or predicted, of the harmonic mean of precision and recall.
    private static func macroF1(_ pairs: [(truth: String, guess: String)]) -> Double {
        var right: [String: Int] = [:], truths: [String: Int] = [:], guesses: [String: Int] = [:]
        for (truth, guess) in pairs {
            truths[truth, default: 0] += 1
            guesses[guess, default: 0] += 1
            if truth == guess { right[truth, default: 0] += 1 }
        }
        let labels = Set(truths.keys).union(guesses.keys)
        let sum = labels.reduce(0.0) { $0 + 2 * Double(right[$1] ?? 0) / Double((truths[$1] ?? 0) + (guesses[$1] ?? 0)) }
        return sum / Double(max(1, labels.count))
    }
}
