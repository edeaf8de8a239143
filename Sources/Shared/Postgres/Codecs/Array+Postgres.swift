extension Array: PostgresEncodable where Element: PostgresArrayElement {
    public static var postgresType: PostgresType { Element.arrayType }

    public func encode(into buffer: inout WireBuffer) throws(PostgresError) {
        try Element.encodeArray(self, into: &buffer)
    }
}

extension Array: PostgresDecodable where Element: PostgresArrayElement {
    public static func decode(_ bytes: UnsafeRawBufferPointer, as type: PostgresType) throws(PostgresError) -> [Element] {
        try Element.decodeArray(bytes, as: type)
    }
}

extension Optional: PostgresArrayElement where Wrapped: PostgresScalar {
    public static var arrayType: PostgresType { Wrapped.arrayType }

    public static func encodeArray(_ array: [Wrapped?], into buffer: inout WireBuffer) throws(PostgresError) {
        try Wrapped.encodeOptionalArray(array, into: &buffer)
    }

    public static func decodeArray(
        _ bytes: UnsafeRawBufferPointer, as type: PostgresType
    ) throws(PostgresError) -> [Wrapped?] {
        try Wrapped.decodeOptionalArray(bytes, as: type)
    }
}

// The two loops stand as requirements' defaults, not as methods of Array, so that the optimiser makes one copy per
// scalar type: batches bind hundreds of elements per column.
extension PostgresScalar {
    public static func encodeArray(_ array: [Self], into buffer: inout WireBuffer) throws(PostgresError) {
        try ArrayFormat.writeHeader(count: array.count, hasNulls: false, element: postgresType, into: &buffer)
        for element in array {
            try buffer.appendLengthPrefixed { buffer throws(PostgresError) in try element.encode(into: &buffer) }
        }
    }

    public static func encodeOptionalArray(_ array: [Self?], into buffer: inout WireBuffer) throws(PostgresError) {
        let hasNulls = array.contains { $0 == nil }
        try ArrayFormat.writeHeader(count: array.count, hasNulls: hasNulls, element: postgresType, into: &buffer)
        for element in array {
            if let element {
                try buffer.appendLengthPrefixed { buffer throws(PostgresError) in try element.encode(into: &buffer) }
            } else {
                buffer.append(Int32(-1))
            }
        }
    }

    public static func decodeArray(
        _ bytes: UnsafeRawBufferPointer, as type: PostgresType
    ) throws(PostgresError) -> [Self] {
        var result: [Self] = []
        try ArrayFormat.read(bytes, as: type, expected: arrayType) { element, elementType, count throws(PostgresError) in
            if result.isEmpty { result.reserveCapacity(count) }
            guard let element else {
                throw .decoding("expected \([Self].self), found an array with a NULL in it; decode \([Self?].self)")
            }
            result.append(try decode(element, as: elementType))
        }
        return result
    }

    public static func decodeOptionalArray(
        _ bytes: UnsafeRawBufferPointer, as type: PostgresType
    ) throws(PostgresError) -> [Self?] {
        var result: [Self?] = []
        try ArrayFormat.read(bytes, as: type, expected: arrayType) { element, elementType, count throws(PostgresError) in
            if result.isEmpty { result.reserveCapacity(count) }
            if let element {
                result.append(try decode(element, as: elementType))
            } else {
                result.append(nil)
            }
        }
        return result
    }
}

/// The binary form of a one-dimensional array (PostgreSQL `array_send`): dimensions, null flag, element type, length,
/// lower bound, then each element behind its length, -1 for NULL. An empty array has no dimensions at all.
enum ArrayFormat {
    static func writeHeader(
        count: Int, hasNulls: Bool, element: PostgresType, into buffer: inout WireBuffer
    ) throws(PostgresError) {
        guard let length = Int32(exactly: count) else {
            throw .encoding("an array of \(count) elements is too long; bind it in parts")
        }
        buffer.reserve(20 + count * 12)
        buffer.append(Int32(count == 0 ? 0 : 1))
        buffer.append(Int32(hasNulls ? 1 : 0))
        buffer.append(element.rawValue)
        guard count > 0 else { return }
        buffer.append(length)
        buffer.append(Int32(1))
    }

    static func read(
        _ bytes: UnsafeRawBufferPointer, as type: PostgresType, expected: PostgresType,
        _ each: (UnsafeRawBufferPointer?, PostgresType, _ count: Int) throws(PostgresError) -> Void
    ) throws(PostgresError) {
        // The element type inside decides; but a value that is no array must not be read as one.
        guard type == expected || isArray(type) else { throw .mismatch(expected: expected, actual: type) }
        guard bytes.count >= 12 else { throw .decoding("an array of \(bytes.count) bytes is cut off") }
        let dimensions = bytes.bigEndian(Int32.self)
        if dimensions == 0 { return }
        guard dimensions == 1, bytes.count >= 20 else {
            throw .decoding("expected an array of one dimension, found \(dimensions)")
        }
        let element = PostgresType(rawValue: bytes.bigEndian(UInt32.self, at: 8))
        let count = Int(bytes.bigEndian(Int32.self, at: 12))
        var offset = 20
        // Readers reserve room for as many as are announced: no more than four bytes each could be there.
        guard count >= 0, count <= (bytes.count - offset) / 4 else { throw .decoding("an array of \(count) elements is cut off") }
        for _ in 0..<count {
            guard offset + 4 <= bytes.count else { throw .decoding("an array of \(count) elements is cut off") }
            let length = Int(bytes.bigEndian(Int32.self, at: offset))
            offset += 4
            guard length >= 0 else {
                try each(nil, element, count)
                continue
            }
            guard offset + length <= bytes.count else { throw .decoding("an array of \(count) elements is cut off") }
            try each(UnsafeRawBufferPointer(rebasing: bytes[offset..<(offset + length)]), element, count)
            offset += length
        }
    }

    private static let builtIn: Set<PostgresType> = [
        .boolArray, .byteaArray, .int2Array, .int4Array, .textArray, .int8Array, .float4Array, .float8Array,
        .timestamptzArray, .uuidArray, .jsonbArray,
        // char, name, oid, json, bpchar, varchar, date, numeric
        1002, 1003, 1028, 199, 1014, 1015, 1182, 1231
    ]

    private static func isArray(_ type: PostgresType) -> Bool {
        type.isUserDefined || builtIn.contains(type)
    }
}

extension PostgresType: ExpressibleByIntegerLiteral {
    public init(integerLiteral value: UInt32) {
        self.init(rawValue: value)
    }
}
