/// The letter sequences by which languages of one script are told apart.
enum LetterGrams {
    /// Length of the longest sequence.
    static let longest = 4
    static let space: UInt32 = 0x20

    /// Calls `found` with the hash of every sequence of 1 to `longest` letters within the words of `letters`, where a word counts a space
    /// at either end. Words are separated by one space.
    @inline(__always)
    static func forEach(_ letters: UnsafeBufferPointer<UInt32>, _ found: (UInt32) -> Void) {
        let count = letters.count
        var start = -1
        while start < count {
            var hash: UInt32 = 0x811C_9DC5
            var length = 0
            var index = start
            while length < longest {
                let value = index < 0 || index >= count ? space : letters[index]
                hash = (hash ^ value) &* 0x0100_0193
                hash ^= hash >> 15
                length += 1
                if length > 1 || value != space { found(finished(hash, length)) }
                // A sequence ends with its word.
                if value == space && length > 1 || index >= count { break }
                index += 1
            }
            start += 1
        }
    }

    @inline(__always)
    private static func finished(_ hash: UInt32, _ length: Int) -> UInt32 {
        var mixed = hash &+ UInt32(length) &* 0x9E37_79B9
        mixed ^= mixed >> 16
        mixed &*= 0x85EB_CA6B
        mixed ^= mixed >> 13
        mixed &*= 0xC2B2_AE35
        return mixed ^ (mixed >> 16)
    }
}
