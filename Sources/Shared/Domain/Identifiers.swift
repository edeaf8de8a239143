public import Foundation
import Crypto

/// Names a ticket everywhere: in events, in the database, in URLs.
public struct TicketID: Hashable, Sendable, Comparable, CustomStringConvertible {
    public let uuid: UUID

    public init(_ uuid: UUID) { self.uuid = uuid }

    /// Reads the canonical 36-character form; nil for anything else.
    public init?(_ text: some StringProtocol) {
        guard text.utf8.count == 36, let uuid = UUID(uuidString: String(text)) else { return nil }
        self.uuid = uuid
    }

    /// Lower case, as URLs and events spell it.
    public var description: String { uuid.canonical }

    public static func < (a: TicketID, b: TicketID) -> Bool { a.uuid.isBefore(b.uuid) }
}

extension TicketID: Codable {
    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        let text = try container.decode(String.self)
        guard let id = TicketID(text) else {
            throw DecodingError.dataCorruptedError(in: container, debugDescription: ClosedWordText.mark + "a UUID of 36 characters")
        }
        self = id
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }
}

extension UUID {
    /// Lower-case text, as RFC 9562 section 4 asks of writers.
    public var canonical: String {
        String(unsafeUninitializedCapacity: 36) { text in
            withUnsafeBytes(of: uuid) { bytes in
                var place = 0
                for (index, byte) in bytes.enumerated() {
                    if index == 4 || index == 6 || index == 8 || index == 10 {
                        text[place] = UInt8(ascii: "-")
                        place += 1
                    }
                    text[place] = Hexadecimal.lower(byte >> 4)
                    text[place + 1] = Hexadecimal.lower(byte & 15)
                    place += 2
                }
                return place
            }
        }
    }

    /// The order of the sixteen bytes, which is PostgreSQL's order of `uuid`: everyone who locks rows by id sorts alike.
    public func isBefore(_ other: UUID) -> Bool {
        let (a, b) = (halves, other.halves)
        return a.0 == b.0 ? a.1 < b.1 : a.0 < b.0
    }

    private var halves: (UInt64, UInt64) {
        withUnsafeBytes(of: uuid) { bytes in
            (UInt64(bigEndian: bytes.loadUnaligned(as: UInt64.self)), UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: 8, as: UInt64.self)))
        }
    }

    /// A name-based UUID (version 5, RFC 9562 section 5.5): the same namespace and name always give the same id. The parts are
    /// length-prefixed, so no two lists of parts make the same name.
    public static func v5(namespace: UUID, _ parts: String...) -> UUID {
        v5(namespace: namespace, parts: parts.map { Array($0.utf8) })
    }

    public static func v5(namespace: UUID, parts: [[UInt8]]) -> UUID {
        var hash = Insecure.SHA1()
        withUnsafeBytes(of: namespace.uuid) { hash.update(bufferPointer: $0) }
        for part in parts {
            withUnsafeBytes(of: UInt32(part.count).bigEndian) { hash.update(bufferPointer: $0) }
            hash.update(data: part)
        }
        return hash.finalize().withUnsafeBytes { digest in
            UUID(bytes: digest, version: 5)
        }
    }

    /// A time-ordered UUID (version 7, RFC 9562 section 5.7): milliseconds since 1970, then random bits.
    public static func v7(at time: Date = Date()) -> UUID {
        let milliseconds = UInt64(max(0, time.timeIntervalSince1970 * 1000))
        var bytes = [UInt8](repeating: 0, count: 16)
        for index in 0..<6 { bytes[index] = UInt8(truncatingIfNeeded: milliseconds >> (8 * (5 - UInt64(index)))) }
        var generator = SystemRandomNumberGenerator()
        let high = generator.next(), low = generator.next()
        for index in 6..<8 { bytes[index] = UInt8(truncatingIfNeeded: high >> (8 * UInt64(index))) }
        for index in 8..<16 { bytes[index] = UInt8(truncatingIfNeeded: low >> (8 * UInt64(index - 8))) }
        return bytes.withUnsafeBytes { UUID(bytes: $0, version: 7) }
    }

    private init(bytes: UnsafeRawBufferPointer, version: UInt8) {
        self.init(
            uuid: (
                bytes[0], bytes[1], bytes[2], bytes[3], bytes[4], bytes[5], (bytes[6] & 0x0F) | (version << 4), bytes[7],
                (bytes[8] & 0x3F) | 0x80, bytes[9], bytes[10], bytes[11], bytes[12], bytes[13], bytes[14], bytes[15]
            ))
    }
}

/// The namespaces of our name-based ids. They are constants of the format: changing one changes every id derived from it.
public enum IDNamespace {
    /// Incoming events: (source, id), or the place of a record without headers.
    public static let event = UUID(uuid: (0x6b, 0x1d, 0x0e, 0x4a, 0x33, 0x52, 0x4f, 0x0c, 0x9a, 0x61, 0x52, 0x0b, 0x8e, 0x7d, 0x11, 0x01))
    /// Events that a stage emits: (stage, cause, type, ordinal).
    public static let emitted = UUID(uuid: (0x6b, 0x1d, 0x0e, 0x4a, 0x33, 0x52, 0x4f, 0x0c, 0x9a, 0x61, 0x52, 0x0b, 0x8e, 0x7d, 0x11, 0x02))
    /// Tickets named by a principal and its idempotency key.
    public static let ticket = UUID(uuid: (0x6b, 0x1d, 0x0e, 0x4a, 0x33, 0x52, 0x4f, 0x0c, 0x9a, 0x61, 0x52, 0x0b, 0x8e, 0x7d, 0x11, 0x03))
    /// Dead letters of records whose own id cannot be used: (topic, partition, offset).
    public static let deadLetter = UUID(uuid: (0x6b, 0x1d, 0x0e, 0x4a, 0x33, 0x52, 0x4f, 0x0c, 0x9a, 0x61, 0x52, 0x0b, 0x8e, 0x7d, 0x11, 0x04))
}
