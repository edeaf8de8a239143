/// JSON that grows in one buffer, as `JSONEncoder` with sorted keys and plain slashes writes it, at a fraction of its cost: events and explanations are
/// written by the thousand, and the general encoder cost more than all that was decided.
///
/// Names are written in the order in which they are given: give them sorted.
public struct JSONBytes: Sendable {
    public private(set) var bytes: [UInt8] = []
    private var needsComma = false

    public init(reserving capacity: Int) { bytes.reserveCapacity(capacity) }

    // MARK: Structure

    public mutating func object(_ members: (inout JSONBytes) -> Void) {
        begin(UInt8(ascii: "{"))
        members(&self)
        end(UInt8(ascii: "}"))
    }

    public mutating func list<Element>(_ elements: some Sequence<Element>, _ each: (inout JSONBytes, Element) -> Void) {
        begin(UInt8(ascii: "["))
        for element in elements { each(&self, element) }
        end(UInt8(ascii: "]"))
    }

    /// A member's name; its value must follow.
    public mutating func name(_ name: StaticString) {
        separate()
        bytes.append(UInt8(ascii: "\""))
        name.withUTF8Buffer { bytes.append(contentsOf: $0) }
        bytes.append(UInt8(ascii: "\""))
        bytes.append(UInt8(ascii: ":"))
        needsComma = false
    }

    private mutating func begin(_ bracket: UInt8) {
        separate()
        bytes.append(bracket)
        needsComma = false
    }

    private mutating func end(_ bracket: UInt8) {
        bytes.append(bracket)
        needsComma = true
    }

    @inline(__always)
    private mutating func separate() {
        if needsComma { bytes.append(UInt8(ascii: ",")) }
        needsComma = true
    }

    // MARK: Values

    public mutating func value(_ text: String) {
        separate()
        append(quoted: text)
    }

    public mutating func value(_ number: some FixedWidthInteger) {
        separate()
        bytes.append(contentsOf: String(number).utf8)
    }

    /// A finite number; the shortest text that reads as it, whole ones without a point.
    public mutating func value(_ number: Double) {
        precondition(number.isFinite, "JSON has no word for \(number)")
        separate()
        if number.magnitude < 1e15, case let whole = Int64(number), Double(whole) == number, whole != 0 || number.sign == .plus {
            bytes.append(contentsOf: String(whole).utf8)
        } else {
            let text = number.description
            bytes.append(contentsOf: text.hasSuffix(".0") ? text.dropLast(2).utf8 : text[...].utf8)
        }
    }

    public mutating func value(_ truth: Bool) {
        separate()
        bytes.append(contentsOf: (truth ? "true" : "false").utf8)
    }

    // MARK: Members

    /// Nothing when there is no value.
    public mutating func member(_ name: StaticString, _ text: String?) {
        guard let text else { return }
        self.name(name)
        value(text)
    }

    /// Nothing when there is no value.
    public mutating func member(_ name: StaticString, _ number: (some FixedWidthInteger)?) {
        guard let number else { return }
        self.name(name)
        value(number)
    }

    public mutating func member(_ name: StaticString, _ number: Double) {
        self.name(name)
        value(number)
    }

    public mutating func member(_ name: StaticString, _ truth: Bool) {
        self.name(name)
        value(truth)
    }

    public mutating func member(_ name: StaticString, _ texts: [String]) {
        self.name(name)
        list(texts) { $0.value($1) }
    }

    // MARK: Strings

    private mutating func append(quoted text: String) {
        var text = text
        bytes.append(UInt8(ascii: "\""))
        text.withUTF8 { source in
            var start = 0
            for index in source.indices where Self.isEscaped(source[index]) {
                bytes.append(contentsOf: source[start..<index])
                append(escaped: source[index])
                start = index + 1
            }
            bytes.append(contentsOf: source[start...])
        }
        bytes.append(UInt8(ascii: "\""))
    }

    /// RFC 8259 section 7: what must be escaped, and nothing else.
    @inline(__always)
    private static func isEscaped(_ byte: UInt8) -> Bool { byte < 0x20 || byte == 0x22 || byte == 0x5C }

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
            bytes.append(contentsOf: "u00".utf8)
            bytes.append(Hexadecimal.lower(byte >> 4))
            bytes.append(Hexadecimal.lower(byte & 15))
        }
    }
}

/// Digits of base sixteen.
enum Hexadecimal {
    @inline(__always)
    static func lower(_ nibble: UInt8) -> UInt8 { nibble < 10 ? 48 + nibble : 87 + nibble }
}
