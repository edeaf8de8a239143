import Foundation

/// A text as a sparse vector: sublinear term frequency times inverse document frequency, of length 1.
struct FeatureVector: Sendable {
    /// In the order of their first occurrence.
    var numbers: [UInt32]
    var values: [Float]
}

/// Counts how often each feature occurs in one text, in a small hash table made for it.
struct FeatureCounter: ~Copyable {
    private let numbers: UnsafeMutablePointer<UInt32>
    private let counts: UnsafeMutablePointer<UInt32>
    /// Place in `numbers` plus one, 0 for an empty slot.
    private let table: UnsafeMutablePointer<UInt32>
    private let mask: Int
    private let capacity: Int
    private var count = 0

    /// For at most `expected` different features.
    init(expected: Int) {
        var size = 64
        while size < expected * 2 { size *= 2 }
        capacity = size / 2
        mask = size - 1
        numbers = .allocate(capacity: capacity)
        counts = .allocate(capacity: capacity)
        table = .allocate(capacity: size)
        table.initialize(repeating: 0, count: size)
    }

    deinit {
        numbers.deallocate()
        counts.deallocate()
        table.deallocate()
    }

    @inline(__always)
    mutating func add(_ number: UInt32) {
        var slot = Int(number &* 0x9E37_79B1 >> 7) & mask
        while true {
            let place = Int(table[slot])
            if place == 0 {
                precondition(count < capacity, "more features than were expected")
                numbers[count] = number
                counts[count] = 1
                count += 1
                table[slot] = UInt32(count)
                return
            }
            if numbers[place - 1] == number {
                counts[place - 1] += 1
                return
            }
            slot = (slot + 1) & mask
        }
    }

    /// The counted features weighted by `rarity` (inverse document frequency by feature number) and scaled to length 1.
    func vector(rarity: [Float]) -> FeatureVector {
        var squares: Float = 0
        var values = [Float](unsafeUninitializedCapacity: count) { values, filled in
            for index in 0..<count {
                let frequency = counts[index] == 1 ? 1 : 1 + log(Float(counts[index]))
                let value = frequency * rarity[Int(numbers[index])]
                values.initializeElement(at: index, to: value)
                squares += value * value
            }
            filled = count
        }
        if squares > 0 {
            let scale = 1 / squares.squareRoot()
            for index in values.indices { values[index] *= scale }
        }
        return FeatureVector(numbers: Array(UnsafeBufferPointer(start: numbers, count: count)), values: values)
    }
}
