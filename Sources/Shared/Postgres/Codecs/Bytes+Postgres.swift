/// An array of bytes is one `bytea`, not an array of numbers.
extension UInt8: PostgresArrayElement {
    public static var arrayType: PostgresType { .bytea }

    public static func encodeArray(_ array: [UInt8], into buffer: inout WireBuffer) {
        buffer.append(bytes: array)
    }

    public static func decodeArray(
        _ bytes: UnsafeRawBufferPointer, as type: PostgresType
    ) throws(PostgresError) -> [UInt8] {
        guard type == .bytea else { throw .mismatch(expected: .bytea, actual: type) }
        return [UInt8](bytes)
    }
}

/// `[[UInt8]]` and `[[UInt8]?]` are `bytea[]`.
extension Array: PostgresArrayElement where Element == UInt8 {
    public static var arrayType: PostgresType { .byteaArray }
}

extension Array: PostgresScalar where Element == UInt8 {}
