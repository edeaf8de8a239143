import Foundation
@testable import Postgres

// Values as the server sends them, in PostgreSQL's binary format: a byte that chooses the type, then the value.
extension Subject {
    static let stored = Subject("sql", bytes: good, maximumBytes: 512) { input in
        guard let first = input.first else { return "nothing" }
        let type = types[Int(first) % types.count]
        var said = [type.description]
        try input.dropFirst().withUnsafeBytes { bytes in
            for codec in codecs { said.append(try codec(bytes, type)) }
        }
        return said.joined(separator: " ")
    }

    private static let types: [PostgresType] = [
        .bool, .bytea, .char, .name, .int8, .int2, .int4, .text, .oid, .json, .float4, .float8, .unknown, .bpchar, .varchar, .date, .timestamptz,
        .numeric, .void, .uuid, .jsonb, .boolArray, .byteaArray, .int2Array, .int4Array, .textArray, .int8Array, .float4Array, .float8Array,
        .timestamptzArray, .uuidArray, .jsonbArray, 20_000, 1231, 1015
    ]

    private enum Colour: String, PostgresScalar { case red, green }

    private enum Step: Int32, PostgresScalar { case one = 1, two }

    private typealias Codec = @Sendable (UnsafeRawBufferPointer, PostgresType) throws -> String

    private static let codecs: [Codec] = [
        scalar(Bool.self), scalar(Int16.self), scalar(Int32.self), scalar(Int64.self), scalar(Int.self), scalar(String.self), scalar(UUID.self),
        scalar([UInt8].self), scalar(JSONB.self), scalar(Colour.self), scalar(Step.self), loose(Float.self), loose(Double.self), loose(Date.self),
        loose([Float].self), loose([Double?].self), loose([Date].self), loose([Date?].self), loose(String?.self), loose([JSONB].self)
    ]

    /// Reads it as one value, as a list and as a list with nulls. What was read from its own type is written and read again.
    private static func scalar<Value: PostgresScalar & Equatable>(_: Value.Type) -> Codec {
        { bytes, type in
            try [
                exact(bytes, type, Value.self), exact(bytes, type, [Value].self), exact(bytes, type, [Value?].self)
            ].joined(separator: ",")
        }
    }

    private static func exact<Value: PostgresDecodable & PostgresEncodable & Equatable>(
        _ bytes: UnsafeRawBufferPointer, _ type: PostgresType, _: Value.Type
    ) throws -> String {
        let value: Value
        do throws(PostgresError) {
            value = try Value.decode(bytes, as: type)
        } catch {
            try promise(error.message.utf8.count < 1000, "a message of \(error.message.utf8.count) bytes")
            return "-"
        }
        guard type == Value.postgresType else { return "+" }
        var buffer = WireBuffer()
        // Refused where PostgreSQL itself could not have held it: U+0000 in a text.
        do throws(PostgresError) { try value.encode(into: &buffer) } catch { return "~" }
        let again = try buffer.bytes.withUnsafeBytes { try Value.decode($0, as: type) }
        try promise(again == value, "a \(Value.self) that changes when it is written")
        return "="
    }

    private static func loose<Value: PostgresDecodable & SendableMetatype>(_: Value.Type) -> Codec {
        { bytes, type in
            do throws(PostgresError) {
                _ = try Value.decode(bytes, as: type)
                return "+"
            } catch {
                return "-"
            }
        }
    }

    private static func index(_ type: PostgresType) -> UInt8 { UInt8(types.firstIndex(of: type) ?? 0) }

    private static func sample<Value: PostgresEncodable>(_ value: Value) -> [UInt8] {
        var buffer = WireBuffer()
        // The samples are what PostgreSQL can hold.
        guard (try? value.encode(into: &buffer)) != nil else { return [0] }
        return [index(Value.postgresType)] + buffer.bytes
    }

    private static let good: [[UInt8]] = [
        sample(true), sample(Int16(-5)), sample(Int32(70_000)), sample(Int64.max), sample(1.5), sample(Float(2.5)), sample("täxt"),
        sample([UInt8](0...20)), sample(UUID(uuid: (1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16))),
        sample(Date(timeIntervalSince1970: 1.7e9)),
        sample(JSONB(bytes: Array(#"{"a":[1]}"#.utf8))), sample([1, 2, 3] as [Int64]), sample(["a", nil, ""] as [String?]),
        sample([Date(timeIntervalSince1970: 0), nil] as [Date?]), sample([[1, 2], []] as [[UInt8]]), sample([1.5, 2] as [Float]),
        sample([true, nil] as [Bool?]), sample([] as [Int32]), sample([UUID(uuid: (1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16))]),
        [index(.date), 0, 0, 0x20, 0], [index(.timestamptz), 0x80, 0, 0, 0, 0, 0, 0, 1],
        [index(.timestamptz), 0x7F, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFE],
        // 12345.67, NaN and an array of two numerics.
        [index(.numeric), 0, 3, 0, 1, 0, 0, 0, 2, 0, 1, 0x09, 0x29, 0x1A, 0x2C], [index(.numeric), 0, 0, 0, 0, 0xC0, 0, 0, 0],
        [index(1231), 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 6, 0xA4, 0, 0, 0, 2, 0, 0, 0, 1]
            + [0, 0, 0, 10, 0, 1, 0, 0, 0, 0, 0, 0, 0, 7, 0, 0, 0, 10, 0, 1, 0, 5, 0, 0, 0, 0, 0, 1],
        [index(20_000)] + Array("red".utf8)
    ]
}
