import CryptoExtras
import Crypto
import Foundation

/// What scrypt costs (RFC 7914 section 2): memory is 128 r N bytes, work is N r p.
public struct PasswordCost: Sendable, Hashable {
    /// Binary logarithm of N.
    public var logN: Int
    public var r: Int
    public var p: Int

    public init(logN: Int, r: Int, p: Int) {
        self.logN = logN
        self.r = r
        self.p = p
    }

    /// N = 2^15, r = 8, p = 3: one of the settings of OWASP's password storage cheat sheet. 32 MiB.
    public static let standard = PasswordCost(logN: 15, r: 8, p: 3)
}

/// A password as it is kept: `$scrypt$ln=15,r=8,p=3$salt$hash`, the last two in base 64 of URLs.
struct PasswordHash: Sendable, Hashable {
    static let saltBytes = 16, hashBytes = 32

    let cost: PasswordCost
    let salt: [UInt8]
    let hash: [UInt8]

    /// Derives; takes a good part of a second.
    init(_ password: String, cost: PasswordCost, salt: [UInt8]) throws {
        self.cost = cost
        self.salt = salt
        hash = try Self.derive(password, cost, salt)
    }

    /// Reads what `text` writes; nil for anything else.
    init?(_ text: String) {
        let parts = text.split(separator: "$", omittingEmptySubsequences: false).map(String.init)
        guard parts.count == 5, parts[0].isEmpty, parts[1] == "scrypt", let salt = Base64URL.decode(parts[3]), let hash = Base64URL.decode(parts[4]),
            hash.count == Self.hashBytes
        else { return nil }
        let numbers = parts[2].split(separator: ",").map { $0.split(separator: "=").map(String.init) }
        guard numbers.map(\.first) == ["ln", "r", "p"], numbers.allSatisfy({ $0.count == 2 }), let logN = Int(numbers[0][1]),
            let r = Int(numbers[1][1]),
            let p = Int(numbers[2][1]), (1...20).contains(logN), (1...32).contains(r), (1...16).contains(p)
        else { return nil }
        cost = PasswordCost(logN: logN, r: r, p: p)
        self.salt = salt
        self.hash = hash
    }

    var text: String {
        "$scrypt$ln=\(cost.logN),r=\(cost.r),p=\(cost.p)$\(Base64URL.encode(salt))$\(Base64URL.encode(hash))"
    }

    /// Whether the password is the one, in a time that does not depend on where it differs.
    func matches(_ password: String) throws -> Bool {
        let other = try Self.derive(password, cost, salt)
        return zip(other, hash).reduce(UInt8(other.count == hash.count ? 0 : 1)) { $0 | ($1.0 ^ $1.1) } == 0
    }

    /// The text is composed first, so that a password is the same from every keyboard (RFC 8265 section 4.2 asks for NFC).
    private static func derive(_ password: String, _ cost: PasswordCost, _ salt: [UInt8]) throws -> [UInt8] {
        let key = try KDF.Scrypt.deriveKey(
            from: Array(password.precomposedStringWithCanonicalMapping.utf8), salt: salt, outputByteCount: hashBytes, rounds: 1 << cost.logN,
            blockSize: cost.r, parallelism: cost.p)
        return key.withUnsafeBytes { Array($0) }
    }
}
