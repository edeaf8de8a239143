import Foundation

/// A text as a sparse vector: sublinear term frequency times inverse document frequency, of length 1.
struct FeatureVector: Sendable {
    /// Ascending in training, in the order of the text otherwise.
    var numbers: [UInt32]
    var values: [Float]
}

/// Counts how often each feature occurs in one text, in a small table made for it.
struct FeatureCounter {
    private var numbers: [UInt32] = []
    private var counts: [UInt16] = []
    private var table: [UInt32]
    private let mask: Int

    /// For at most `expected` occurrences.
    init(expected: Int) {
        var size = 64
        while size < expected * 2 { size *= 2 }
        table = [UInt32](repeating: 0, count: size)
        mask = size - 1
        numbers.reserveCapacity(expected)
        counts.reserveCapacity(expected)
    }

    @inline(__always)
    mutating func add(_ number: UInt32) {
        var slot = Int(number &* 0x9E37_79B1 >> 7) & mask
        while true {
            let place = table[slot]
            if place == 0 {
                numbers.append(number)
                counts.append(1)
                table[slot] = UInt32(numbers.count)
                return
            }
            if numbers[Int(place) - 1] == number {
                if counts[Int(place) - 1] < .max { counts[Int(place) - 1] += 1 }
                return
            }
            slot = (slot + 1) & mask
        }
    }

    /// The counted features weighted by `rarity` (inverse document frequency by feature number) and scaled to length 1.
    consuming func vector(rarity: [Float]) -> FeatureVector {
        var values = [Float](repeating: 0, count: numbers.count)
        var squares: Float = 0
        for index in numbers.indices {
            let count = counts[index]
            let frequency = count == 1 ? 1 : 1 + log(Float(count))
            let value = frequency * rarity[Int(numbers[index])]
            values[index] = value
            squares += value * value
        }
        if squares > 0 {
            let scale = 1 / squares.squareRoot()
            for index in values.indices { values[index] *= scale }
        }
        return FeatureVector(numbers: numbers, values: values)
    }

    var isEmpty: Bool { numbers.isEmpty }
}
