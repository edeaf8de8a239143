/// A value that can be bound to a statement, in PostgreSQL's binary format.
public protocol PostgresEncodable: Sendable {
    /// The type declared to the server. It is fixed, so the same text with the same Swift types is the same
    /// prepared statement; a column of another type needs a cast in the text, as in `\(name)::my_enum`.
    static var postgresType: PostgresType { get }

    /// Whether the value is NULL. `encode` is not called then.
    var isNull: Bool { get }

    /// Appends the value's binary form.
    /// - Throws: `PostgresError` of kind `encoding` when the server could not hold the value.
    func encode(into buffer: inout WireBuffer) throws(PostgresError)
}

extension PostgresEncodable {
    public var isNull: Bool { false }
}

/// A value that can be read from a result, in PostgreSQL's binary format.
public protocol PostgresDecodable {
    /// - Throws: `PostgresError` of kind `decoding` that names the expected and the actual type.
    static func decode(_ bytes: UnsafeRawBufferPointer, as type: PostgresType) throws(PostgresError) -> Self

    /// What NULL reads as; only optionals have an answer.
    static func decodeNull() throws(PostgresError) -> Self
}

extension PostgresDecodable {
    public static func decodeNull() throws(PostgresError) -> Self {
        throw .decoding("expected \(Self.self), found NULL; decode \(Self.self)? where the column may be null")
    }
}

/// What may stand inside a Swift array that is bound or read as one value. It is separate from `PostgresEncodable`
/// because an array of `UInt8` is a `bytea`, while a lone `UInt8` is nothing PostgreSQL knows.
public protocol PostgresArrayElement: Sendable {
    static var arrayType: PostgresType { get }
    static func encodeArray(_ array: [Self], into buffer: inout WireBuffer) throws(PostgresError)
    static func decodeArray(_ bytes: UnsafeRawBufferPointer, as type: PostgresType) throws(PostgresError) -> [Self]
}

/// A single value that can be bound, read, and stand in arrays with or without nulls.
///
/// An enumeration with a raw value needs only the conformance: `extension Severity: PostgresScalar {}`.
public protocol PostgresScalar: PostgresEncodable, PostgresDecodable, PostgresArrayElement {
    static func encodeOptionalArray(_ array: [Self?], into buffer: inout WireBuffer) throws(PostgresError)
    static func decodeOptionalArray(_ bytes: UnsafeRawBufferPointer, as type: PostgresType) throws(PostgresError) -> [Self?]
}

extension Optional: PostgresEncodable where Wrapped: PostgresEncodable {
    public static var postgresType: PostgresType { Wrapped.postgresType }

    public var isNull: Bool { self?.isNull ?? true }

    public func encode(into buffer: inout WireBuffer) throws(PostgresError) {
        if let self { try self.encode(into: &buffer) }
    }
}

extension Optional: PostgresDecodable where Wrapped: PostgresDecodable {
    public static func decode(_ bytes: UnsafeRawBufferPointer, as type: PostgresType) throws(PostgresError) -> Wrapped? {
        try Wrapped.decode(bytes, as: type)
    }

    public static func decodeNull() -> Wrapped? { nil }
}

extension PostgresScalar where Self: RawRepresentable, RawValue: PostgresScalar {
    public static var postgresType: PostgresType { RawValue.postgresType }
    public static var arrayType: PostgresType { RawValue.arrayType }

    public func encode(into buffer: inout WireBuffer) throws(PostgresError) {
        try rawValue.encode(into: &buffer)
    }

    public static func decode(_ bytes: UnsafeRawBufferPointer, as type: PostgresType) throws(PostgresError) -> Self {
        guard let value = Self(rawValue: try RawValue.decode(bytes, as: type)) else {
            // The stored value stays out of the message: it may be user data.
            throw .decoding("expected one of the values of \(Self.self), found another \(type); is this program older than the row?")
        }
        return value
    }
}
