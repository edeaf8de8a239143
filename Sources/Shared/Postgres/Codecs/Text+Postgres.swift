#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

extension String: PostgresScalar {
    public static var postgresType: PostgresType { .text }
    public static var arrayType: PostgresType { .textArray }

    public func encode(into buffer: inout WireBuffer) throws(PostgresError) {
        var text = self
        var hasZero = false
        text.withUTF8 { utf8 in
            hasZero = UnsafeRawBufferPointer(utf8).contains(byte: 0)
            if !hasZero { buffer.append(raw: UnsafeRawBufferPointer(utf8)) }
        }
        // The server would refuse it too, but as a protocol error that fails every other row of the batch.
        if hasZero { throw .encoding("text contains U+0000, which PostgreSQL cannot store; remove it before storing") }
    }

    /// Reads every type whose binary form is its text, enumerations included.
    public static func decode(_ bytes: UnsafeRawBufferPointer, as type: PostgresType) throws(PostgresError) -> String {
        switch type {
        case .text, .varchar, .bpchar, .name, .unknown, .json, .char: break
        case _ where type.isUserDefined: break
        default: throw .mismatch(expected: .text, actual: type)
        }
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw .decoding("expected UTF-8 text, found a \(type) that is not; is it a type of its own? Cast it to text")
        }
        return text
    }
}

extension UnsafeRawBufferPointer {
    func contains(byte: UInt8) -> Bool {
        guard let baseAddress, count > 0 else { return false }
        return memchr(baseAddress, Int32(byte), count) != nil
    }

    /// The distance to the first `byte` at or after `offset`.
    func firstOffset(of byte: UInt8, from offset: Int) -> Int? {
        guard let baseAddress, offset < count else { return nil }
        guard let found = memchr(baseAddress + offset, Int32(byte), count - offset) else { return nil }
        return UnsafeRawPointer(found) - baseAddress
    }
}
