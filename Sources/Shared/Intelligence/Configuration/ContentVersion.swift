import Crypto

/// The version of a file or model: the first 12 hexadecimal digits of the SHA-256 of its bytes.
public func contentVersion(of bytes: some Sequence<UInt8>) -> String {
    let digits = Array("0123456789abcdef")
    let digest = SHA256.hash(data: Array(bytes))
    return String(digest.prefix(6).flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] })
}
