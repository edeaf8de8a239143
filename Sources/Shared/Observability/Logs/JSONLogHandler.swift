public import Logging

/// Writes each log line as one JSON object: `ts`, `level`, `logger`, `msg`, then the metadata, flattened and sorted.
public struct JSONLogHandler: LogHandler {
    public var metadata: Logger.Metadata = [:]
    public var metadataProvider: Logger.MetadataProvider?
    public var logLevel: Logger.Level
    private let label: String
    private let sink: LogSink
    private let now: @Sendable () -> LogTimestamp

    public init(label: String, level: Logger.Level, sink: LogSink = .standardError) {
        self.init(label: label, level: level, sink: sink, now: LogTimestamp.now)
    }

    init(label: String, level: Logger.Level, sink: LogSink, now: @escaping @Sendable () -> LogTimestamp) {
        self.label = label
        self.logLevel = level
        self.sink = sink
        self.now = now
    }

    public subscript(metadataKey key: String) -> Logger.MetadataValue? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    public func log(event: LogEvent) {
        var line: [UInt8] = []
        line.reserveCapacity(256)
        line += "{\"ts\":\"".utf8
        now().write(to: &line)
        line += "\",\"level\":\"".utf8
        line += event.level.rawValue.utf8
        line += "\",\"logger\":".utf8
        Self.quote(label, &line)
        line += ",\"msg\":".utf8
        Self.quote(LogFields.clean(event.message.description), &line)
        let fields = LogFields(
            metadata, metadataProvider?.get(), event.error.map { ["error": .string("\($0)")] }, event.metadata)
        for (key, value) in fields.fields {
            line.append(UInt8(ascii: ","))
            Self.quote(key, &line)
            line.append(UInt8(ascii: ":"))
            switch value {
            case .text(let text): Self.quote(text, &line)
            case .literal(let text): line += text.utf8
            }
        }
        line += "}\n".utf8
        sink.write(line)
    }

    /// A JSON string, everything below U+0020 escaped, so that a line stays a line.
    static func quote(_ text: String, _ line: inout [UInt8]) {
        line.append(UInt8(ascii: "\""))
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"):
                line.append(UInt8(ascii: "\\"))
                line.append(byte)
            case UInt8(ascii: "\n"): line += "\\n".utf8
            case UInt8(ascii: "\r"): line += "\\r".utf8
            case UInt8(ascii: "\t"): line += "\\t".utf8
            case 0..<0x20, 0x7f:
                line += "\\u00".utf8
                line.append(Self.hexadecimal[Int(byte >> 4)])
                line.append(Self.hexadecimal[Int(byte & 15)])
            default: line.append(byte)
            }
        }
        line.append(UInt8(ascii: "\""))
    }

    private static let hexadecimal = Array("0123456789abcdef".utf8)
}
