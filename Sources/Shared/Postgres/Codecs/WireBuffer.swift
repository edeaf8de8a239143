/// Bytes on their way to the server, in network byte order. All parameters of a statement share one.
public struct WireBuffer: Sendable {
    public private(set) var bytes: [UInt8] = []

    public init() {}

    public var count: Int { bytes.count }

    public mutating func append<I: FixedWidthInteger>(_ value: I) {
        withUnsafeBytes(of: value.bigEndian) { bytes.append(contentsOf: $0) }
    }

    public mutating func append(bytes more: some Collection<UInt8>) {
        bytes.append(contentsOf: more)
    }

    public mutating func append(raw: UnsafeRawBufferPointer) {
        bytes.append(contentsOf: raw)
    }

    public mutating func reserve(_ additional: Int) {
        // Growing by the exact amount each time would copy the whole buffer for every parameter.
        if bytes.capacity - bytes.count < additional {
            bytes.reserveCapacity(max(bytes.count + additional, bytes.capacity * 2))
        }
    }

    mutating func truncate(to count: Int) {
        bytes.removeLast(bytes.count - count)
    }

    /// Writes what `body` appends behind its length as four bytes, as array elements are written.
    @inline(__always)
    mutating func appendLengthPrefixed(
        _ body: (inout WireBuffer) throws(PostgresError) -> Void
    ) throws(PostgresError) {
        let start = bytes.count
        append(Int32(0))
        try body(&self)
        let length = bytes.count - start - 4
        guard let checked = Int32(exactly: length) else {
            throw PostgresError.encoding("a value of \(length) bytes is too large; PostgreSQL holds at most 1 GB in one")
        }
        let big = UInt32(bitPattern: checked)
        bytes[start] = UInt8(truncatingIfNeeded: big >> 24)
        bytes[start + 1] = UInt8(truncatingIfNeeded: big >> 16)
        bytes[start + 2] = UInt8(truncatingIfNeeded: big >> 8)
        bytes[start + 3] = UInt8(truncatingIfNeeded: big)
    }
}

extension UnsafeRawBufferPointer {
    /// The big-endian integer at `offset`. The caller has checked that it lies inside.
    @inline(__always)
    func bigEndian<I: FixedWidthInteger>(_ type: I.Type, at offset: Int = 0) -> I {
        I(bigEndian: loadUnaligned(fromByteOffset: offset, as: I.self))
    }
}
