import Crypto

/// The first 12 hexadecimal digits of the SHA-256 of the texts, each preceded by its length, so that no two lists read alike.
func contentHash(_ texts: String...) -> String { contentHash(texts) }

func contentHash(_ texts: [String]) -> String {
    var hash = SHA256()
    for text in texts {
        let bytes = Array(text.utf8)
        withUnsafeBytes(of: UInt64(bytes.count).bigEndian) { hash.update(bufferPointer: $0) }
        hash.update(data: bytes)
    }
    let digits = Array("0123456789abcdef")
    return String(hash.finalize().prefix(6).flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] })
}
