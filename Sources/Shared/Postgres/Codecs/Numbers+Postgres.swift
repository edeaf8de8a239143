/// Integers read from any narrower integer type, never from a wider one. `Int` reads `numeric` too when it is whole, since
/// that is what `sum(bigint)` gives.
extension Int16: PostgresScalar {
    public static var postgresType: PostgresType { .int2 }
    public static var arrayType: PostgresType { .int2Array }

    public func encode(into buffer: inout WireBuffer) { buffer.append(self) }

    public static func decode(_ bytes: UnsafeRawBufferPointer, as type: PostgresType) throws(PostgresError) -> Int16 {
        guard type == .int2, bytes.count == 2 else { throw .mismatch(expected: .int2, actual: type) }
        return bytes.bigEndian(Int16.self)
    }
}

extension Int32: PostgresScalar {
    public static var postgresType: PostgresType { .int4 }
    public static var arrayType: PostgresType { .int4Array }

    public func encode(into buffer: inout WireBuffer) { buffer.append(self) }

    public static func decode(_ bytes: UnsafeRawBufferPointer, as type: PostgresType) throws(PostgresError) -> Int32 {
        switch (type, bytes.count) {
        case (.int4, 4): bytes.bigEndian(Int32.self)
        case (.int2, 2): Int32(bytes.bigEndian(Int16.self))
        default: throw .mismatch(expected: .int4, actual: type)
        }
    }
}

extension Int64: PostgresScalar {
    public static var postgresType: PostgresType { .int8 }
    public static var arrayType: PostgresType { .int8Array }

    public func encode(into buffer: inout WireBuffer) { buffer.append(self) }

    public static func decode(_ bytes: UnsafeRawBufferPointer, as type: PostgresType) throws(PostgresError) -> Int64 {
        switch (type, bytes.count) {
        case (.int8, 8): return bytes.bigEndian(Int64.self)
        case (.int4, 4): return Int64(bytes.bigEndian(Int32.self))
        case (.int2, 2): return Int64(bytes.bigEndian(Int16.self))
        case (.oid, 4): return Int64(bytes.bigEndian(UInt32.self))
        case (.numeric, _):
            guard let value = try NumericFormat.integer(bytes) else {
                throw .decoding("expected a whole number within int8, found another numeric; round it in SQL or decode Double")
            }
            return value
        default: throw .mismatch(expected: .int8, actual: type)
        }
    }
}

extension Int: PostgresScalar {
    public static var postgresType: PostgresType { .int8 }
    public static var arrayType: PostgresType { .int8Array }

    public func encode(into buffer: inout WireBuffer) { buffer.append(Int64(self)) }

    public static func decode(_ bytes: UnsafeRawBufferPointer, as type: PostgresType) throws(PostgresError) -> Int {
        Int(try Int64.decode(bytes, as: type))
    }
}

extension Float: PostgresScalar {
    public static var postgresType: PostgresType { .float4 }
    public static var arrayType: PostgresType { .float4Array }

    public func encode(into buffer: inout WireBuffer) { buffer.append(bitPattern) }

    public static func decode(_ bytes: UnsafeRawBufferPointer, as type: PostgresType) throws(PostgresError) -> Float {
        guard type == .float4, bytes.count == 4 else { throw .mismatch(expected: .float4, actual: type) }
        return Float(bitPattern: bytes.bigEndian(UInt32.self))
    }
}

extension Double: PostgresScalar {
    public static var postgresType: PostgresType { .float8 }
    public static var arrayType: PostgresType { .float8Array }

    public func encode(into buffer: inout WireBuffer) { buffer.append(bitPattern) }

    public static func decode(_ bytes: UnsafeRawBufferPointer, as type: PostgresType) throws(PostgresError) -> Double {
        switch (type, bytes.count) {
        case (.float8, 8): return Double(bitPattern: bytes.bigEndian(UInt64.self))
        case (.float4, 4): return Double(Float(bitPattern: bytes.bigEndian(UInt32.self)))
        case (.numeric, _): return try NumericFormat.double(bytes)
        default: throw .mismatch(expected: .float8, actual: type)
        }
    }
}

extension Bool: PostgresScalar {
    public static var postgresType: PostgresType { .bool }
    public static var arrayType: PostgresType { .boolArray }

    public func encode(into buffer: inout WireBuffer) { buffer.append(UInt8(self ? 1 : 0)) }

    public static func decode(_ bytes: UnsafeRawBufferPointer, as type: PostgresType) throws(PostgresError) -> Bool {
        guard type == .bool, bytes.count == 1 else { throw .mismatch(expected: .bool, actual: type) }
        return bytes[0] != 0
    }
}

/// The binary form of `numeric` (PostgreSQL `numeric_send`): digit count, weight, sign, display scale, then digits to
/// the base 10,000, the first of which counts 10000^weight. Only read: aggregates give it, no column of ours holds it.
enum NumericFormat {
    private struct Parts {
        var weight: Int
        var sign: UInt16
        var digits: [UInt16]
    }

    static func double(_ bytes: UnsafeRawBufferPointer) throws(PostgresError) -> Double {
        let parts = try parse(bytes)
        switch parts.sign {
        case 0xC000: return .nan
        case 0xD000: return .infinity
        case 0xF000: return -.infinity
        default: break
        }
        // Through decimal text, whose conversion rounds once and correctly; summing scaled digits would round each time.
        let digits = parts.digits.map { digit in
            let text = String(digit)
            return String(repeating: "0", count: 4 - text.count) + text
        }
        let exponent = (parts.weight - parts.digits.count + 1) * 4
        let text = (parts.sign == 0x4000 ? "-" : "") + (digits.isEmpty ? "0" : digits.joined()) + "e\(exponent)"
        guard let value = Double(text) else { throw .decoding("a numeric could not be read as a Double") }
        return value
    }

    static func integer(_ bytes: UnsafeRawBufferPointer) throws(PostgresError) -> Int64? {
        let parts = try parse(bytes)
        guard parts.sign == 0 || parts.sign == 0x4000 else { return nil }
        if parts.digits.isEmpty { return 0 }
        guard parts.weight >= 0, parts.weight < 6, parts.digits.dropFirst(parts.weight + 1).allSatisfy({ $0 == 0 }) else {
            return nil
        }
        var value: Int64 = 0
        for position in 0...parts.weight {
            let digit = position < parts.digits.count ? Int64(parts.digits[position]) : 0
            let (scaled, overflow) = value.multipliedReportingOverflow(by: 10_000)
            // Downwards, because the least Int64 has no positive twin.
            let (next, overflowAgain) = scaled.subtractingReportingOverflow(digit)
            if overflow || overflowAgain { return nil }
            value = next
        }
        if parts.sign == 0x4000 { return value }
        return value == .min ? nil : -value
    }

    private static func parse(_ bytes: UnsafeRawBufferPointer) throws(PostgresError) -> Parts {
        guard bytes.count >= 8 else { throw .decoding("a numeric of \(bytes.count) bytes is cut off") }
        let count = Int(bytes.bigEndian(UInt16.self))
        guard bytes.count == 8 + count * 2 else { throw .decoding("a numeric of \(count) digits is cut off") }
        let digits = (0..<count).map { bytes.bigEndian(UInt16.self, at: 8 + $0 * 2) }
        guard digits.allSatisfy({ $0 < 10_000 }) else { throw .decoding("a numeric holds a digit that is none to the base 10,000") }
        return Parts(weight: Int(bytes.bigEndian(Int16.self, at: 2)), sign: bytes.bigEndian(UInt16.self, at: 4), digits: digits)
    }
}
