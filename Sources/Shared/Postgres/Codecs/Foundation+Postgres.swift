public import Foundation

extension UUID: PostgresScalar {
    public static var postgresType: PostgresType { .uuid }
    public static var arrayType: PostgresType { .uuidArray }

    public func encode(into buffer: inout WireBuffer) {
        withUnsafeBytes(of: uuid) { buffer.append(raw: $0) }
    }

    public static func decode(_ bytes: UnsafeRawBufferPointer, as type: PostgresType) throws(PostgresError) -> UUID {
        guard type == .uuid, bytes.count == 16 else { throw .mismatch(expected: .uuid, actual: type) }
        return UUID(uuid: bytes.loadUnaligned(as: uuid_t.self))
    }
}

/// A `timestamptz`, to the microsecond: the nearest one, since cutting off would move a time that went through
/// floating point back by one. PostgreSQL's `infinity` is a date infinitely far away, both ways. A `date` reads as its
/// midnight in UTC.
extension Date: PostgresScalar {
    public static var postgresType: PostgresType { .timestamptz }
    public static var arrayType: PostgresType { .timestamptzArray }

    /// From PostgreSQL's epoch, 2000-01-01, to Foundation's, 2001-01-01.
    private static let epochShift: Int64 = 366 * 86_400 * 1_000_000
    /// 4714-11-24 BC, the first moment PostgreSQL knows, and 294277-01-01, the first it does not.
    private static let representable: Range<Int64> = -211_813_488_000_000_000..<9_223_371_331_200_000_000

    public func encode(into buffer: inout WireBuffer) throws(PostgresError) {
        let seconds = timeIntervalSinceReferenceDate
        if seconds.isInfinite {
            buffer.append(seconds > 0 ? Int64.max : Int64.min)
            return
        }
        // The whole seconds apart from the rest, because their product with a million would be rounded by itself first.
        let whole = seconds.rounded(.down)
        guard
            let wholeSeconds = Int64(exactly: whole), abs(whole) < 9_223_339_708_800,
            case let micros = wholeSeconds * 1_000_000 + Int64(((seconds - whole) * 1_000_000).rounded()) + Self.epochShift,
            Self.representable.contains(micros)
        else {
            throw .encoding("a date lies outside what timestamptz can hold (4713 BC to 294276 AD)")
        }
        buffer.append(micros)
    }

    public static func decode(_ bytes: UnsafeRawBufferPointer, as type: PostgresType) throws(PostgresError) -> Date {
        switch (type, bytes.count) {
        case (.timestamptz, 8):
            let micros = bytes.bigEndian(Int64.self)
            if micros == .max { return Date(timeIntervalSinceReferenceDate: .infinity) }
            if micros == .min { return Date(timeIntervalSinceReferenceDate: -.infinity) }
            // What no server can hold would overflow below.
            guard representable.contains(micros) else { throw .decoding("a timestamptz lies outside 4713 BC to 294276 AD") }
            return Date(timeIntervalSinceReferenceDate: Double(micros - epochShift) / 1_000_000)
        case (.date, 4):
            let days = bytes.bigEndian(Int32.self)
            if days == .max { return Date(timeIntervalSinceReferenceDate: .infinity) }
            if days == .min { return Date(timeIntervalSinceReferenceDate: -.infinity) }
            return Date(timeIntervalSinceReferenceDate: Double(Int64(days) - 366) * 86_400)
        default:
            throw .mismatch(expected: .timestamptz, actual: type)
        }
    }
}
