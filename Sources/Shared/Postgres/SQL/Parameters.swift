/// The values bound to a statement, already in the binary format, in one buffer.
public struct Parameters: Sendable {
    struct Entry: Sendable {
        var type: PostgresType
        /// Bytes of the value; nil for NULL.
        var length: Int?
    }

    private(set) var buffer = WireBuffer()
    private(set) var entries: [Entry] = []
    /// The first value that could not be encoded. Interpolation cannot throw, so it is thrown when the statement is run.
    private(set) var failure: PostgresError?

    public init() {}

    public var count: Int { entries.count }

    public var types: [PostgresType] { entries.map(\.type) }

    /// The binary form of each value, nil for NULL.
    public var values: [[UInt8]?] {
        var offset = 0
        return entries.map { entry in
            guard let length = entry.length else { return nil }
            defer { offset += length }
            return Array(buffer.bytes[offset..<(offset + length)])
        }
    }

    mutating func append<T: PostgresEncodable>(_ value: T) {
        var length: Int?
        if !value.isNull {
            let start = buffer.count
            do {
                try value.encode(into: &buffer)
            } catch {
                buffer.truncate(to: start)
                if failure == nil {
                    failure = error
                    failure?.message = "parameter $\(entries.count + 1): \(error.message)"
                }
            }
            length = buffer.count - start
        }
        entries.append(Entry(type: T.postgresType, length: length))
    }

    mutating func append(_ other: Parameters) {
        buffer.append(bytes: other.buffer.bytes)
        entries.append(contentsOf: other.entries)
        if failure == nil { failure = other.failure }
    }
}
