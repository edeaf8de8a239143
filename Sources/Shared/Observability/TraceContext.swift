/// A position in a distributed trace, as the W3C `traceparent` header carries it over HTTP and Kafka.
///
/// Source: W3C Trace Context, level 1, section 3.2.
public struct TraceContext: Sendable, Hashable {
    /// The header's name, in HTTP and in Kafka.
    public static let headerName = "traceparent"

    /// The context of the work that runs in this task. Log lines written meanwhile carry its trace id.
    @TaskLocal public static var current: TraceContext?

    /// The trace, 16 bytes, never all zero.
    public let traceHigh: UInt64
    public let traceLow: UInt64
    /// The span that calls, never zero.
    public let span: UInt64
    public let flags: UInt8

    private init(traceHigh: UInt64, traceLow: UInt64, span: UInt64, flags: UInt8) {
        self.traceHigh = traceHigh
        self.traceLow = traceLow
        self.span = span
        self.flags = flags
    }

    /// Starts a trace.
    public static func new(sampled: Bool = true) -> TraceContext {
        TraceContext(
            traceHigh: .random(in: .min ... .max), traceLow: .random(in: 1 ... .max), span: .random(in: 1 ... .max),
            flags: sampled ? 1 : 0)
    }

    /// The same trace with a span of its own: what this process sends on.
    public func child() -> TraceContext {
        TraceContext(traceHigh: traceHigh, traceLow: traceLow, span: .random(in: 1 ... .max), flags: flags & 1)
    }

    /// Reads a `traceparent`. Nil when it is malformed, all zero or of the forbidden version `ff`: start a new trace then.
    public init?(traceparent: String) {
        self.init(traceparent: traceparent.utf8)
    }

    /// Reads a `traceparent` as it stands in a Kafka header.
    public init?(traceparent bytes: some Collection<UInt8>) {
        // A later version may append fields after a dash; 256 bytes are more than enough for any.
        guard (55...256).contains(bytes.count) else { return nil }
        let bytes = Array(bytes)
        let dash = UInt8(ascii: "-")
        guard bytes[2] == dash, bytes[35] == dash, bytes[52] == dash,
            let version = Self.hexadecimal(bytes[0..<2]), version != 0xff,
            let high = Self.hexadecimal(bytes[3..<19]), let low = Self.hexadecimal(bytes[19..<35]), high | low != 0,
            let span = Self.hexadecimal(bytes[36..<52]), span != 0,
            let flags = Self.hexadecimal(bytes[53..<55]),
            bytes.count == 55 || (version > 0 && bytes[55] == dash)
        else { return nil }
        self.init(traceHigh: high, traceLow: low, span: span, flags: UInt8(flags))
    }

    /// The header's value, version 00.
    public var traceparent: String {
        "00-\(traceID)-\(spanID)-\(Self.digits(UInt64(flags), width: 2))"
    }

    /// 32 hexadecimal digits.
    public var traceID: String {
        Self.digits(traceHigh, width: 16) + Self.digits(traceLow, width: 16)
    }

    /// 16 hexadecimal digits.
    public var spanID: String {
        Self.digits(span, width: 16)
    }

    public var isSampled: Bool { flags & 1 == 1 }

    /// Lower-case digits only, as the specification demands.
    private static func hexadecimal(_ bytes: ArraySlice<UInt8>) -> UInt64? {
        var value: UInt64 = 0
        for byte in bytes {
            switch byte {
            case 48...57: value = value << 4 | UInt64(byte - 48)
            case 97...102: value = value << 4 | UInt64(byte - 87)
            default: return nil
            }
        }
        return value
    }

    private static func digits(_ value: UInt64, width: Int) -> String {
        let digits = String(value, radix: 16)
        return String(repeating: "0", count: width - digits.count) + digits
    }
}

extension TraceContext: CustomStringConvertible {
    public var description: String { traceparent }
}
