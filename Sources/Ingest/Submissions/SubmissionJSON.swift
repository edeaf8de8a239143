import Domain

/// Writes `ticket.submitted` as its own `encoded()` does, byte for byte, at a fraction of the cost: on the submission path the general
/// encoder costs as much as the rest of the request.
enum SubmissionJSON {
    static func encode(_ payload: TicketSubmitted) -> [UInt8] {
        var json = JSONBytes(reserving: 300 + payload.subject.utf8.count + payload.body.utf8.count * 9 / 8)
        // In the order of sorted keys.
        json.open()
        json.field("body", payload.body)
        json.field("channel", payload.channel)
        json.field("course", payload.course)
        json.field("follows", payload.follows?.description)
        json.field("module", payload.module)
        json.field("persona", payload.persona?.rawValue)
        json.name("requester")
        json.open()
        json.field("email", payload.requester.email)
        json.field("id", payload.requester.id)
        json.field("name", payload.requester.name)
        json.close()
        if let version = payload.schemaVersion {
            json.name("schemaVersion")
            json.append(raw: String(version))
        }
        json.field("subject", payload.subject)
        json.field("ticketId", payload.ticketID?.description)
        json.close()
        return json.bytes
    }
}

/// JSON that grows in one buffer.
struct JSONBytes {
    private(set) var bytes: [UInt8] = []
    private var needsComma = false

    init(reserving capacity: Int) { bytes.reserveCapacity(capacity) }

    mutating func open() {
        bytes.append(UInt8(ascii: "{"))
        needsComma = false
    }

    mutating func close() {
        bytes.append(UInt8(ascii: "}"))
        needsComma = true
    }

    /// A member's name; its value follows.
    mutating func name(_ name: StaticString) {
        if needsComma { bytes.append(UInt8(ascii: ",")) }
        bytes.append(UInt8(ascii: "\""))
        name.withUTF8Buffer { bytes.append(contentsOf: $0) }
        bytes.append(UInt8(ascii: "\""))
        bytes.append(UInt8(ascii: ":"))
        needsComma = true
    }

    /// A member; nothing when there is no value.
    mutating func field(_ name: StaticString, _ value: String?) {
        guard let value else { return }
        self.name(name)
        append(quoted: value)
    }

    mutating func append(raw text: String) { bytes.append(contentsOf: text.utf8) }

    private mutating func append(quoted text: String) {
        var text = text
        bytes.append(UInt8(ascii: "\""))
        text.withUTF8 { source in
            var start = 0
            for index in source.indices where Self.isEscaped[Int(source[index])] {
                bytes.append(contentsOf: source[start..<index])
                append(escaped: source[index])
                start = index + 1
            }
            bytes.append(contentsOf: source[start...])
        }
        bytes.append(UInt8(ascii: "\""))
    }

    /// RFC 8259 section 7: what must be escaped, and nothing else.
    private static let isEscaped: [Bool] = (0..<256).map { $0 < 0x20 || $0 == 0x22 || $0 == 0x5C }

    private mutating func append(escaped byte: UInt8) {
        bytes.append(UInt8(ascii: "\\"))
        switch byte {
        case 0x08: bytes.append(UInt8(ascii: "b"))
        case 0x09: bytes.append(UInt8(ascii: "t"))
        case 0x0A: bytes.append(UInt8(ascii: "n"))
        case 0x0C: bytes.append(UInt8(ascii: "f"))
        case 0x0D: bytes.append(UInt8(ascii: "r"))
        case 0x22, 0x5C: bytes.append(byte)
        default:
            let digits = Array("0123456789abcdef".utf8)
            bytes.append(contentsOf: "u00".utf8)
            bytes.append(digits[Int(byte >> 4)])
            bytes.append(digits[Int(byte & 15)])
        }
    }
}
