/// Numbers for the features seen in training: an open-addressing hash table from a feature's hash to its number.
struct FeatureIndex: Sendable {
    /// Hash in the high half, number in the low one; 0 is an empty slot, since no hash is 0.
    private var slots: [UInt64]
    private var mask: Int
    private(set) var count = 0

    init(capacity: Int = 1024) {
        var size = 16
        while size < capacity * 2 { size *= 2 }
        slots = [UInt64](repeating: 0, count: size)
        mask = size - 1
    }

    /// The number of a feature, or nil for one never seen.
    @inline(__always)
    func number(of hash: UInt32) -> Int? {
        slots.withUnsafeBufferPointer { slots in
            var slot = Int(hash) & mask
            while true {
                let entry = slots[slot]
                if entry == 0 { return nil }
                if UInt32(entry >> 32) == hash { return Int(UInt32(truncatingIfNeeded: entry)) }
                slot = (slot + 1) & mask
            }
        }
    }

    /// The number of a feature, a new one if need be.
    mutating func insert(_ hash: UInt32) -> Int {
        if count * 2 >= slots.count { grow() }
        var slot = Int(hash) & mask
        while slots[slot] != 0 {
            if UInt32(slots[slot] >> 32) == hash { return Int(UInt32(truncatingIfNeeded: slots[slot])) }
            slot = (slot + 1) & mask
        }
        slots[slot] = UInt64(hash) << 32 | UInt64(count)
        count += 1
        return count - 1
    }

    /// Hashes in the order of their numbers.
    var hashes: [UInt32] {
        var hashes = [UInt32](repeating: 0, count: count)
        for entry in slots where entry != 0 { hashes[Int(UInt32(truncatingIfNeeded: entry))] = UInt32(entry >> 32) }
        return hashes
    }

    private mutating func grow() {
        let old = slots
        slots = [UInt64](repeating: 0, count: old.count * 2)
        mask = slots.count - 1
        for entry in old where entry != 0 {
            var slot = Int(UInt32(entry >> 32)) & mask
            while slots[slot] != 0 { slot = (slot + 1) & mask }
            slots[slot] = entry
        }
    }
}
