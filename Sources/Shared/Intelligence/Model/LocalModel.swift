import Foundation

/// A linear text classifier: hashed words, word pairs and character sequences, one hyperplane a label.
///
/// Immutable and free of locks; the same model and text give the same answer.
public struct LocalModel: Sendable {
    /// A text whose label is known.
    public struct Example: Sendable, Hashable {
        public var text: String
        public var label: String

        public init(text: String, label: String) {
            self.text = text
            self.label = label
        }
    }

    /// How a model is trained and read.
    public struct Options: Sendable, Hashable {
        /// Length of the shortest and longest character sequences.
        public var shortestSequence = 2
        public var longestSequence = 5
        public var usesWordPairs = true
        /// Features in fewer texts than this are left out.
        public var fewestTexts = 2
        /// The penalty of an error against the length of the weights (C of a support vector machine).
        public var cost: Float = 2
        /// Passes over the examples at most, and the violation below which a label's training ends early.
        public var epochs = 30
        public var tolerance: Float = 0.1
        /// How sharply score differences become probabilities.
        public var sharpness: Float = 6
        /// Orders the passes.
        public var seed: UInt64 = 1

        public init() {}
    }

    /// What the model thinks of a text.
    public struct Prediction: Sendable, Hashable {
        public var label: String
        /// Of the label, 0 to 1.
        public var probability: Double
        public var runnerUp: String?
        public var runnerUpProbability: Double
    }

    /// The labels in ascending order.
    public let labels: [String]
    /// `linear-` and a content hash of everything that a prediction depends on.
    public let version: String
    let options: Options
    let features: TextFeatures
    let index: FeatureIndex
    /// Inverse document frequency by feature.
    let rarity: [Float]
    /// By feature and label, `width` numbers a feature: the labels, padded to a multiple of `block`.
    let weights: [Float]
    let biases: [Float]
    let width: Int

    init(
        labels: [String], options: Options, features: TextFeatures, index: FeatureIndex, rarity: [Float], weights: [Float],
        biases: [Float], width: Int
    ) {
        self.labels = labels
        self.options = options
        self.features = features
        self.index = index
        self.rarity = rarity
        self.weights = weights
        self.biases = biases
        self.width = width
        var bytes: [UInt8] = Array("\(labels) \(options)".utf8)
        for values in [rarity, weights, biases] { values.withUnsafeBytes { bytes.append(contentsOf: $0) } }
        index.hashes.withUnsafeBytes { bytes.append(contentsOf: $0) }
        version = "linear-" + contentVersion(of: bytes)
    }

    /// How many labels are scored at once.
    static let block = 16

    /// The number of features it knows.
    public var featureCount: Int { rarity.count }

    /// Classifies a text.
    public func predict(_ text: String) -> Prediction {
        predict(NormalisedText(text))
    }

    /// Classifies a text, reading its first `NormalisedText.analysedBytes`.
    public func predict(_ text: NormalisedText) -> Prediction {
        let scores = scores(of: text)
        var best = 0
        var second: Int?
        for label in scores.indices.dropFirst() {
            if scores[label] > scores[best] {
                second = best
                best = label
            } else if second.map({ scores[label] > scores[$0] }) ?? true {
                second = label
            }
        }
        var sum: Float = 0
        for score in scores { sum += exp((score - scores[best]) * options.sharpness) }
        return Prediction(
            label: labels[best], probability: Double(1 / sum), runnerUp: second.map { labels[$0] },
            runnerUpProbability: second.map { Double(exp((scores[$0] - scores[best]) * options.sharpness) / sum) } ?? 0)
    }

    /// The distance to each label's hyperplane.
    func scores(of text: NormalisedText) -> [Float] {
        let vector = vector(of: text)
        var scores = biases
        let count = vector.numbers.count
        vector.numbers.withUnsafeBufferPointer { numbers in
            vector.values.withUnsafeBufferPointer { values in
                weights.withUnsafeBytes { weights in
                    // Sixteen labels at a time stay in registers.
                    for block in stride(from: 0, to: width, by: Self.block) {
                        var sums = SIMD16<Float>()
                        for entry in 0..<count {
                            let start = (Int(numbers[entry]) * width + block) * MemoryLayout<Float>.stride
                            sums += weights.loadUnaligned(fromByteOffset: start, as: SIMD16<Float>.self) * values[entry]
                        }
                        for label in 0..<Self.block { scores[block + label] += sums[label] }
                    }
                }
            }
        }
        scores.removeLast(width - labels.count)
        return scores
    }

    func vector(of text: NormalisedText) -> FeatureVector {
        let limit = text.analysedTokens
        let bytes = limit == 0 ? 0 : Int(text.tokens[limit - 1].end)
        var counter = FeatureCounter(expected: min(features.most(inBytes: bytes), rarity.count))
        features.forEach(text, limit: limit) { hash in
            if let number = index.number(of: hash) { counter.add(UInt32(truncatingIfNeeded: number)) }
        }
        return counter.vector(rarity: rarity)
    }
}
