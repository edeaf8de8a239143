public import Logging

/// Writes each log line for a person: time of day, level, logger, message, `key=value` pairs.
public struct TextLogHandler: LogHandler {
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
        line.reserveCapacity(160)
        now().writeTimeOfDay(to: &line)
        line.append(UInt8(ascii: " "))
        let level = event.level.rawValue
        line += level.utf8
        for _ in level.utf8.count..<9 { line.append(UInt8(ascii: " ")) }
        Self.plain(label, &line)
        line += ": ".utf8
        Self.plain(LogFields.clean(event.message.description), &line)
        let fields = LogFields(
            metadata, metadataProvider?.get(), event.error.map { ["error": .string("\($0)")] }, event.metadata)
        for (key, value) in fields.fields {
            line.append(UInt8(ascii: " "))
            Self.plain(key, &line)
            line.append(UInt8(ascii: "="))
            switch value {
            case .literal(let text): line += text.utf8
            case .text(let text) where text.isEmpty || text.utf8.contains(where: { $0 <= 0x20 || $0 == UInt8(ascii: "\"") }):
                JSONLogHandler.quote(text, &line)
            case .text(let text): Self.plain(text, &line)
            }
        }
        line.append(UInt8(ascii: "\n"))
        sink.write(line)
    }

    /// Text as it is, but with control characters shown as a space: neither a second line nor a terminal sequence gets through.
    private static func plain(_ text: String, _ line: inout [UInt8]) {
        for byte in text.utf8 { line.append(byte < 0x20 || byte == 0x7f ? UInt8(ascii: " ") : byte) }
    }
}
