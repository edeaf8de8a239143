import Crypto

/// The version of a file: the first 12 hexadecimal digits of the SHA-256 of its bytes.
func policyVersion(of text: String) -> String {
    let digits = Array("0123456789abcdef")
    return String(SHA256.hash(data: Array(text.utf8)).prefix(6).flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] })
}
