/// A linear support vector machine with squared hinge loss, solved in the dual by coordinate descent (Hsieh, Chang, Lin, Keerthi and
/// Sundararajan: A Dual Coordinate Descent Method for Large-scale Linear SVM, 2008), with its shrinking of settled examples.
struct SupportVectorMachine {
    /// Compressed sparse rows: where each example's entries begin, their feature numbers and values.
    let starts: [Int]
    let columns: [UInt32]
    let values: [Float]
    let features: Int

    /// The hyperplane that parts `positive` from the rest: weights and bias.
    func solve(positive: [Bool], cost: Float, epochs: Int, tolerance: Float, seed: UInt64) -> ([Float], Float) {
        let count = positive.count
        var weights = [Float](repeating: 0, count: features)
        var bias: Float = 0
        var alphas = [Float](repeating: 0, count: count)
        var active = Array(0..<count)
        var random = SplitMix64(seed: seed)
        // The rows have length 1, and the bias is a feature that is always 1.
        let diagonal = 0.5 / cost
        let curvature = 2 + diagonal
        var shrinkAbove = Float.infinity
        weights.withUnsafeMutableBufferPointer { weights in
            columns.withUnsafeBufferPointer { columns in
                values.withUnsafeBufferPointer { values in
                    for _ in 0..<epochs {
                        active.shuffle(using: &random)
                        var highest = -Float.infinity
                        var lowest = Float.infinity
                        var kept = 0
                        for place in active.indices {
                            let example = active[place]
                            let range = starts[example]..<starts[example + 1]
                            let sign: Float = positive[example] ? 1 : -1
                            var product = bias
                            for entry in range { product += weights[Int(columns[entry])] * values[entry] }
                            let slope = sign * product - 1 + diagonal * alphas[example]
                            if alphas[example] == 0, slope > shrinkAbove { continue }
                            active[kept] = example
                            kept += 1
                            let projected = alphas[example] == 0 ? min(slope, 0) : slope
                            highest = max(highest, projected)
                            lowest = min(lowest, projected)
                            if abs(projected) < 1e-6 { continue }
                            let old = alphas[example]
                            alphas[example] = max(old - slope / curvature, 0)
                            let change = (alphas[example] - old) * sign
                            bias += change
                            for entry in range { weights[Int(columns[entry])] += change * values[entry] }
                        }
                        active.removeLast(active.count - kept)
                        if highest - lowest <= tolerance {
                            if active.count == count { break }
                            // Settled without the shrunk ones: look at all of them again.
                            active = Array(0..<count)
                            shrinkAbove = .infinity
                            continue
                        }
                        shrinkAbove = highest > 0 ? highest : .infinity
                    }
                }
            }
        }
        return (weights, bias)
    }
}
