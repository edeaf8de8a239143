public import Foundation

/// A JSON document as bytes, bound as `jsonb` and read from `jsonb` or `json`.
public struct JSONB: Sendable, Hashable {
    /// UTF-8 JSON text.
    public var bytes: [UInt8]

    public init(bytes: [UInt8]) {
        self.bytes = bytes
    }

    /// Encodes `value`.
    /// - Parameter encoder: by default one with sorted keys, so that equal values give equal bytes.
    /// - Throws: what the encoder throws.
    public init(encoding value: some Encodable, with encoder: JSONEncoder? = nil) throws {
        bytes = [UInt8](try (encoder ?? Self.sortingEncoder()).encode(value))
    }

    /// The document as a value.
    /// - Throws: what the decoder throws.
    public func decode<T: Decodable>(_ type: T.Type, with decoder: JSONDecoder = JSONDecoder()) throws -> T {
        try decoder.decode(type, from: Data(bytes))
    }

    private static func sortingEncoder() -> JSONEncoder {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return encoder
    }
}

extension JSONB: PostgresScalar {
    public static var postgresType: PostgresType { .jsonb }
    public static var arrayType: PostgresType { .jsonbArray }

    /// The version byte before the text (PostgreSQL `jsonb_send`).
    private static let version: UInt8 = 1

    public func encode(into buffer: inout WireBuffer) throws(PostgresError) {
        if bytes.withUnsafeBytes(Self.holdsZeroCharacter) {
            throw .encoding("a JSON document contains U+0000, which jsonb cannot store; remove it before storing")
        }
        buffer.append(Self.version)
        buffer.append(bytes: bytes)
    }

    public static func decode(_ bytes: UnsafeRawBufferPointer, as type: PostgresType) throws(PostgresError) -> JSONB {
        switch type {
        case .json:
            return JSONB(bytes: [UInt8](bytes))
        case .jsonb:
            guard bytes.first == version else {
                throw .decoding("expected jsonb in version \(version), found \(bytes.first.map { "\($0)" } ?? "nothing")")
            }
            return JSONB(bytes: [UInt8](bytes.dropFirst()))
        default:
            throw .mismatch(expected: .jsonb, actual: type)
        }
    }

    /// Whether the text holds a zero byte or its escape `\u0000` (and not an escaped backslash before "u0000").
    private static func holdsZeroCharacter(_ text: UnsafeRawBufferPointer) -> Bool {
        if text.contains(byte: 0) { return true }
        var position = 0
        while let backslash = text.firstOffset(of: UInt8(ascii: "\\"), from: position) {
            if backslash + 5 < text.count, text[backslash + 1] == UInt8(ascii: "u"),
                text[(backslash + 2)...(backslash + 5)].allSatisfy({ $0 == UInt8(ascii: "0") })
            {
                return true
            }
            position = backslash + 2
        }
        return false
    }
}
