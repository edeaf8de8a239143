import Foundation

extension LocalModel {
    /// Trains a model. Deterministic: the same examples in the same order and the same options give the same version.
    ///
    /// At least two labels are needed to tell anything apart; with one label every text gets it, and none is a programmer's error.
    public static func train(examples: [Example], options: Options = Options()) -> LocalModel {
        precondition(!examples.isEmpty, "a model needs examples")
        let labels = Array(Set(examples.map(\.label))).sorted()
        let numbers = Dictionary(uniqueKeysWithValues: labels.enumerated().map { ($1, $0) })
        let targets = examples.map { numbers[$0.label] ?? 0 }
        let features = TextFeatures(
            shortest: options.shortestSequence, longest: options.longestSequence, usesPairs: options.usesWordPairs)
        let texts = examples.map { NormalisedText($0.text) }
        let (index, rarity) = vocabulary(of: texts, features, fewestTexts: options.fewestTexts)

        // Compressed sparse rows.
        var starts: [Int] = [0]
        var columns: [UInt32] = []
        var values: [Float] = []
        for text in texts {
            var counter = FeatureCounter(expected: features.most(inBytes: text.folded.count))
            features.forEach(text, limit: text.analysedTokens) { hash in
                if let number = index.number(of: hash) { counter.add(UInt32(truncatingIfNeeded: number)) }
            }
            let vector = counter.vector(rarity: rarity)
            columns.append(contentsOf: vector.numbers)
            values.append(contentsOf: vector.values)
            starts.append(columns.count)
        }
        let machine = SupportVectorMachine(starts: starts, columns: columns, values: values, features: rarity.count)
        let width = (labels.count + block - 1) / block * block
        var weights = [Float](repeating: 0, count: rarity.count * width)
        var biases = [Float](repeating: 0, count: width)
        for label in labels.indices {
            let (plane, bias) = machine.solve(
                positive: targets.map { $0 == label }, cost: options.cost, epochs: options.epochs, tolerance: options.tolerance,
                seed: options.seed)
            biases[label] = bias
            for feature in plane.indices { weights[feature * width + label] = plane[feature] }
        }
        return LocalModel(
            labels: labels, options: options, features: features, index: index, rarity: rarity, weights: weights, biases: biases,
            width: width)
    }

    /// The features of at least `fewestTexts` texts, and how rare each is.
    private static func vocabulary(
        of texts: [NormalisedText], _ features: TextFeatures, fewestTexts: Int
    ) -> (FeatureIndex, [Float]) {
        var all = FeatureIndex(capacity: 1 << 14)
        var last: [Int32] = []
        var counts: [Int32] = []
        for (number, text) in texts.enumerated() {
            features.forEach(text, limit: text.analysedTokens) { hash in
                let feature = all.insert(hash)
                if feature == counts.count {
                    counts.append(1)
                    last.append(Int32(number))
                } else if last[feature] != Int32(number) {
                    counts[feature] += 1
                    last[feature] = Int32(number)
                }
            }
        }
        var index = FeatureIndex(capacity: all.count)
        var rarity: [Float] = []
        for (feature, hash) in all.hashes.enumerated() where counts[feature] >= fewestTexts {
            _ = index.insert(hash)
            rarity.append(log(Float(1 + texts.count) / Float(1 + counts[feature])) + 1)
        }
        return (index, rarity)
    }
}
