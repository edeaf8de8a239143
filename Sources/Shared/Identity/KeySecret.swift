import Crypto

/// A secret as its holder has it: four characters that tell its kind, and 43 that carry 256 random bits. Shown once, kept only as its hash. It has
/// enough randomness that a plain hash is as good as a slow one.
public struct KeySecret: Sendable {
    /// What the secret opens. Its prefix starts each, so that a scanner of repositories and logs can find one that leaked.
    public enum Kind: String, Sendable, CaseIterable {
        case apiKey = "hdk_"
        case refresh = "hdr_"
        /// An invitation or a reset.
        case oneTime = "hdo_"
    }

    /// Show it once, to its holder, and nowhere else.
    public let text: String

    /// Reads a secret; nil when it has not the form of one of this kind.
    public init?(_ text: String, _ kind: Kind = .apiKey) {
        let utf8 = text.utf8
        guard utf8.count == 47, text.hasPrefix(kind.rawValue), utf8.dropFirst(4).allSatisfy(Self.isAllowed) else { return nil }
        self.text = text
    }

    private init(unchecked text: String) { self.text = text }

    /// A new secret from the system's own randomness.
    public static func random(_ kind: Kind = .apiKey) -> KeySecret {
        var generator = SystemRandomNumberGenerator()
        let bytes = (0..<32).map { _ in UInt8.random(in: .min ... .max, using: &generator) }
        return KeySecret(unchecked: kind.rawValue + Base64URL.encode(bytes))
    }

    /// SHA-256 of its text: what is stored.
    public var hash: [UInt8] { Array(SHA256.hash(data: Array(text.utf8))) }

    /// The same, as a dictionary's key.
    var digest: KeyDigest { KeyDigest(of: text) }

    private static func isAllowed(_ byte: UInt8) -> Bool {
        switch byte {
        case 45, 48...57, 65...90, 95, 97...122: true
        default: false
        }
    }
}

extension KeySecret: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    public var description: String { text.prefix(4) + "[withheld]" }
    public var debugDescription: String { description }
    public var customMirror: Mirror { Mirror(self, children: [:]) }
}

/// A text's SHA-256 without an array of its own.
struct KeyDigest: Hashable, Sendable {
    let first: UInt64, second: UInt64, third: UInt64, fourth: UInt64

    init(of text: String) {
        var text = text
        self = text.withUTF8 { bytes in SHA256.hash(data: bytes).withUnsafeBytes { KeyDigest($0) } }
    }

    init(_ bytes: UnsafeRawBufferPointer) {
        first = bytes.loadUnaligned(fromByteOffset: 0, as: UInt64.self)
        second = bytes.loadUnaligned(fromByteOffset: 8, as: UInt64.self)
        third = bytes.loadUnaligned(fromByteOffset: 16, as: UInt64.self)
        fourth = bytes.loadUnaligned(fromByteOffset: 24, as: UInt64.self)
    }

    var bytes: [UInt8] {
        [first, second, third, fourth].flatMap { word in withUnsafeBytes(of: word) { Array($0) } }
    }
}
