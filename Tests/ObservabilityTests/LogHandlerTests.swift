import Foundation
import Logging
import Synchronization
import Testing

@testable import Observability

@Suite struct LogHandlerTests {
    struct Down: Error, CustomStringConvertible { let description = "down" }

    /// Collects lines; what it writes is what standard error would get.
    final class Lines: Sendable {
        private let bytes = Mutex<[UInt8]>([])
        var sink: LogSink { LogSink { line in self.bytes.withLock { $0 += line } } }
        var text: String { String(decoding: bytes.withLock { $0 }, as: UTF8.self) }
    }

    static let moment = LogTimestamp(milliseconds: 1_772_352_930_042)

    static func write(_ handler: some LogHandler) {
        var logger = Logger(label: "unused", factory: { _ in handler })
        logger[.topic] = "helpdesk.tickets"
        logger.log(
            level: .info, "batch committed",
            metadata: [
                "partition": .stringConvertible(7), "count": "\(3)", "duration_ms": .stringConvertible(12.5),
                "replayed": .stringConvertible(false)
            ].merging(["count": .stringConvertible(3)]) { $1 })
        logger.debug("not written at info", [.count: "1"])
        let trace = TraceContext(traceparent: TraceContextTests.valid)
        TraceContext.$current.withValue(trace) {
            logger.error("line\nbreak \"quoted\" back\\slash \u{1} tab\t ü", error: Down())
        }
        logger.warning(
            "m",
            metadata: [
                "msg": "mine", "refresh_token": "abc", "tokens": .stringConvertible(12),
                "db": ["password": "hunter2", "url": "postgres://helpdesk:s3cr@t@db/x and http://a:b@b"],
                "list": ["a", .stringConvertible(2)]
            ])
    }

    @Test func jsonLinesAreExactlyTheGoldenFile() throws {
        let lines = Lines()
        Self.write(JSONLogHandler(label: "triage", level: .info, sink: lines.sink, now: { Self.moment }))
        #expect(try lines.text == golden("log.jsonl"))
        for line in lines.text.split(separator: "\n") {
            #expect(throws: Never.self) { try JSONSerialization.jsonObject(with: Data(line.utf8)) }
        }
    }

    @Test func textLinesAreExactlyTheGoldenFile() throws {
        let lines = Lines()
        Self.write(TextLogHandler(label: "triage", level: .info, sink: lines.sink, now: { Self.moment }))
        #expect(try lines.text == golden("log.txt"))
    }

    @Test func longValuesAreCut() {
        let lines = Lines()
        var logger = Logger(label: "x", factory: { _ in JSONLogHandler(label: "x", level: .info, sink: lines.sink) })
        logger[.reason] = "\(String(repeating: "é", count: 100_000))"
        logger.info("long")
        #expect(lines.text.utf8.count < LogFields.valueLimit + 200)
        #expect(lines.text.contains("…"))
    }

    @Test func explicitTraceWinsOverTheTasks() {
        let fields = LogFields(["trace_id": "mine"], trace: .new())
        #expect(fields.fields.count == 1)
    }

    @Test(arguments: [
        (0, "1970-01-01T00:00:00.000Z"), (951_782_399_999, "2000-02-28T23:59:59.999Z"),
        (951_782_400_000, "2000-02-29T00:00:00.000Z"), (1_709_251_199_001, "2024-02-29T23:59:59.001Z"),
        (4_107_542_400_000, "2100-03-01T00:00:00.000Z"), (1_798_761_599_999, "2026-12-31T23:59:59.999Z")
    ])
    func timestampsAreRFC3339(milliseconds: Int64, expected: String) {
        var line: [UInt8] = []
        LogTimestamp(milliseconds: milliseconds).write(to: &line)
        #expect(String(decoding: line, as: UTF8.self) == expected)
    }

    @Test func everyDayForFourCenturiesIsTheCalendars() {
        let formatter = ISO8601DateFormatter()
        formatter.formatOptions = [.withFullDate]
        for day in stride(from: Int64(0), to: 146_097, by: 97) {
            var line: [UInt8] = []
            LogTimestamp(milliseconds: day * 86_400_000).write(to: &line)
            let date = formatter.string(from: Date(timeIntervalSince1970: Double(day * 86_400)))
            #expect(String(decoding: line.prefix(10), as: UTF8.self) == date)
        }
    }
}
