import Foundation
import Postgres
import Testing

private let database = TestDatabase()

private enum Colour: String, PostgresScalar { case red, green }

private struct Document: Codable, Equatable, Sendable {
    var title: String
    var count: Int
}

@Suite("Codecs (needs PostgreSQL)", .timeLimit(.minutes(2)))
struct CodecTests {
    /// Sends values and reads them back, having the server compare each with its text form where there is one.
    private func roundTrip<T: PostgresEncodable & PostgresDecodable & Equatable>(
        _ values: [T], _ source: SourceLocation = #_sourceLocation
    ) async throws {
        try await database.withPool { pool in
            for value in values {
                let rows = try await pool.query("SELECT \(value)")
                #expect(try rows.scalar(T.self) == value, sourceLocation: source)
            }
        }
    }

    @Test func integers() async throws {
        try await roundTrip([Int.min, -1, 0, 1, .max])
        try await roundTrip([Int64.min, 0, .max])
        try await roundTrip([Int32.min, 0, .max])
        try await roundTrip([Int16.min, 0, .max])
        try await roundTrip([nil, 5] as [Int?])
    }

    @Test func floatingPoint() async throws {
        try await roundTrip([0, -0.0, .pi, .greatestFiniteMagnitude, .leastNonzeroMagnitude, .infinity, -.infinity] as [Double])
        try await roundTrip([0, 1.5, .greatestFiniteMagnitude, -.infinity] as [Float])
        try await database.withPool { pool in
            let read = try await pool.query("SELECT \(Double.nan)").scalar(Double.self)
            #expect(read.isNaN)
        }
    }

    @Test func textAndBytes() async throws {
        try await roundTrip(["", "a", "ü 日本 👩‍👩‍👧", "\u{1}\t\n\"\\'$1", String(repeating: "ß", count: 500_000)])
        try await roundTrip([[], [0], [0, 255, 10], [UInt8](repeating: 7, count: 1 << 20)] as [[UInt8]])
        try await roundTrip([true, false])
        try await roundTrip([UUID(), UUID(uuid: (0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0))])
        try await roundTrip([Colour.red, .green])
    }

    @Test func serverReadsWhatWasSent() async throws {
        try await database.withPool { pool in
            let id = try #require(UUID(uuidString: "01234567-89AB-CDEF-0123-456789ABCDEF"))
            let moment = Date(timeIntervalSince1970: 1_700_000_000.123456)
            let row = try #require(
                try await pool.query(
                    """
                    SELECT \(id)::text, \(moment)::text, \([UInt8]([1, 255]))::text, \([1, nil, 3] as [Int32?])::text,
                           \(["a,b", "", "NULL"])::text, \(1.5)::text, \(true)::text, \([[1], [2, 3]] as [[UInt8]])::text
                    """
                ).first)
            let texts = try (0..<8).map { try row.decode(String.self, at: $0) }
            #expect(
                texts == [
                    "01234567-89ab-cdef-0123-456789abcdef", "2023-11-14 22:13:20.123456+00", "\\x01ff", "{1,NULL,3}",
                    "{\"a,b\",\"\",\"NULL\"}", "1.5", "true", "{\"\\\\x01\",\"\\\\x0203\"}"
                ])
        }
    }

    @Test func datesToTheNearestMicrosecond() async throws {
        try await database.withPool { pool in
            // Each as the server prints it; 0.1 + 0.2 and the like lie just below the microsecond they mean.
            for micros in [0, 1, 123_456, 999_999, 1_700_000_000_000_001, 1_763_812_345_678_901, -1, -62_135_596_800_000_000] as [Int] {
                let stored = try await pool.query("SELECT 'epoch'::timestamptz + \(micros) * interval '1 microsecond'").scalar(Date.self)
                let back = try await pool.query("SELECT (extract(epoch FROM \(stored)) * 1000000)::bigint").scalar(Int.self)
                #expect(back == micros)
            }
            for date in [Date(timeIntervalSince1970: .infinity), Date(timeIntervalSince1970: -.infinity)] {
                let row = try #require(try await pool.query("SELECT \(date), isfinite(\(date)), \(date)::text").first)
                #expect(try row.decode(Date.self, at: 0) == date)
                #expect(try row.decode(Bool.self, at: 1) == false)
                #expect(try row.decode(String.self, at: 2).hasSuffix("infinity"))
            }
            let rounded = try await pool.query("SELECT (\(Date(timeIntervalSince1970: 0.0000016)))::text").scalar(String.self)
            #expect(rounded == "1970-01-01 00:00:00.000002+00")
            let day = try await pool.query("SELECT '2024-02-29'::date").scalar(Date.self)
            #expect(day == Date(timeIntervalSince1970: 1_709_164_800))
            try await roundTrip([Date.distantPast, .distantFuture])
        }
    }

    /// Seconds from 2001: what timestamptz ends with, what it does not hold any more, and where 64 bits of microseconds end, with the shift to
    /// PostgreSQL's epoch and without.
    @Test(arguments: [
        Double.nan, 1e18, -1e18, .greatestFiniteMagnitude, -.greatestFiniteMagnitude, 9_223_339_708_800, 9_223_339_708_801, 9_223_340_414_454,
        9_223_371_331_200, 9_223_372_036_854, 9_223_372_036_855, 9_300_000_000_000, -211_845_110_401, -9_223_339_708_800, -9_223_340_414_455,
        -9_223_372_036_854, -9_223_372_036_855, -9_223_403_659_255
    ])
    func datesThatDoNotExist(seconds: Double) async throws {
        try await database.withPool { pool in
            let error = await #expect(throws: PostgresError.self) {
                try await pool.query("SELECT \(Date(timeIntervalSinceReferenceDate: seconds))")
            }
            #expect(error?.kind == .encoding)
        }
    }

    @Test(arguments: [
        (9_223_339_708_799, "294276-12-31 23:59:59+00"), (9_223_339_708_799.5, "294276-12-31 23:59:59.5+00"),
        (-211_845_110_400, "4714-11-24 00:00:00+00 BC")
    ])
    func theFirstAndLastDates(seconds: Double, text: String) async throws {
        try await database.withPool { pool in
            let date = Date(timeIntervalSinceReferenceDate: seconds)
            let row = try #require(try await pool.query("SELECT \(date)::text, \(date)").first)
            #expect(try row.decode(String.self, at: 0) == text)
            #expect(try row.decode(Date.self, at: 1) == date)
        }
    }

    @Test func json() async throws {
        try await database.withPool { pool in
            let document = Document(title: "ü\"\\", count: 3)
            let rows = try await pool.query("SELECT \(JSONB(encoding: document)), (\(JSONB(encoding: document)))->>'title', '[1]'::json")
            let row = try #require(rows.first)
            #expect(try row.decode(JSONB.self, at: 0).decode(Document.self) == document)
            #expect(try row.decode(String.self, at: 1) == document.title)
            #expect(try row.decode(JSONB.self, at: 2).bytes == Array("[1]".utf8))
            let list = [JSONB(bytes: Array("1".utf8)), nil]
            #expect(try await pool.query("SELECT \(list)").scalar([JSONB?].self) == list)
        }
    }

    @Test func arrays() async throws {
        try await roundTrip([[], ["a", "", "ü"]] as [[String]])
        try await roundTrip([[nil], ["a", nil, ""], []] as [[String?]])
        try await roundTrip([[1, -1, .max]] as [[Int]])
        try await roundTrip([[1, nil]] as [[Int16?]])
        try await roundTrip([[UUID(), UUID()]])
        try await roundTrip([[true, false]])
        try await roundTrip([[1.5, .infinity]] as [[Double]])
        try await roundTrip([[1.5, nil]] as [[Float?]])
        try await roundTrip([[Date(timeIntervalSince1970: 5), nil]] as [[Date?]])
        try await roundTrip([[[1, 2], []], []] as [[[UInt8]]])
        try await roundTrip([[[1, 2], nil]] as [[[UInt8]?]])
        try await roundTrip([[Colour.red, .green]])
        try await roundTrip([nil, ["x"]] as [[String]?])
        try await roundTrip([(0..<10_000).map { "element \($0)" }])
    }

    @Test func aggregatesGiveNumeric() async throws {
        try await database.withPool { pool in
            let row = try #require(
                try await pool.query(
                    """
                    SELECT sum(x), avg(x), 9223372036854775807::numeric, (-9223372036854775808)::numeric, 0::numeric,
                           1e20::numeric, 'NaN'::numeric, 0.00001234::numeric, -123456789.125::numeric, 100000000::numeric
                    FROM unnest(ARRAY[1, 2, 4]::bigint[]) x
                    """
                ).first)
            #expect(try row.decode(Int.self, at: 0) == 7)
            #expect(try abs(row.decode(Double.self, at: 1) - 7.0 / 3) < 1e-15)
            #expect(try row.decode(Int.self, at: 2) == .max)
            #expect(try row.decode(Int.self, at: 3) == .min)
            #expect(try row.decode(Int.self, at: 4) == 0)
            #expect(throws: PostgresError.self) { try row.decode(Int.self, at: 5) }
            #expect(try row.decode(Double.self, at: 5) == 1e20)
            #expect(try row.decode(Double.self, at: 6).isNaN)
            #expect(try row.decode(Double.self, at: 7) == 0.00001234)
            #expect(throws: PostgresError.self) { try row.decode(Int.self, at: 8) }
            #expect(try row.decode(Double.self, at: 8) == -123456789.125)
            #expect(try row.decode(Int.self, at: 9) == 100_000_000)
        }
    }

    @Test func injectionStaysText() async throws {
        try await database.withPool { pool in
            for text in ["'; DROP TABLE x; --", "$1", "\\'; SELECT 1; --", "{\"a\",NULL}", "\"'\u{2019}"] {
                let alone = try await pool.query("SELECT \(text)").scalar(String.self)
                let listed = try await pool.query("SELECT \([text])").scalar([String].self)
                #expect(alone == text)
                #expect(listed == [text])
            }
        }
    }

    @Test func zeroCharactersAreRefusedBeforeSending() async throws {
        try await database.withPool { pool in
            let statements: [SQL] = [
                "SELECT 1, \("a\u{0}b")", "SELECT 1, \(["ok", "\u{0}"])", "SELECT 1, \(["ok", nil, "\u{0}"] as [String?])",
                "SELECT 1, \(JSONB(bytes: Array(#"{"a":"\u0000"}"#.utf8)))", "SELECT 1, \(JSONB(bytes: [34, 0, 34]))"
            ]
            for sql in statements {
                let error = await #expect(throws: PostgresError.self) { try await pool.query(sql) }
                #expect(error?.kind == .encoding)
                #expect(error?.message.contains("parameter $1") == true)
                #expect(error?.message.contains("U+0000") == true)
            }
            let cut = await #expect(throws: PostgresError.self) { try await pool.query(SQL(unescaped: "SELECT 1\0 2")) }
            #expect(cut?.kind == .encoding)
            let escaped = JSONB(bytes: Array(#""\\u0000""#.utf8))
            let read = try await pool.query("SELECT \(escaped)").scalar(JSONB.self)
            #expect(read == escaped)
        }
    }

    private func failure<T>(_ body: () throws -> T) -> PostgresError? {
        #expect(throws: PostgresError.self) { _ = try body() }
    }

    @Test func mismatchesNameColumnAndTypes() async throws {
        try await database.withPool { pool in
            let row = try #require(
                try await pool.query("SELECT 1::int8 AS number, NULL::text AS nothing, 'blue' AS colour, '{a,NULL}'::text[] AS list").first)
            let wrong = #expect(throws: PostgresError.self) { try row["number", as: UUID.self] }
            #expect(wrong?.kind == .decoding)
            #expect(wrong?.column == "number")
            #expect(wrong?.message == "expected uuid, found int8")
            #expect(failure { try row.decode(Int32.self, at: 0) }?.message == "expected int4, found int8")
            #expect(failure { try row["nothing", as: String.self] }?.message.contains("NULL") == true)
            #expect(try row["nothing", as: String?.self] == nil)
            let unknown = #expect(throws: PostgresError.self) { try row["colour", as: Colour.self] }
            #expect(unknown?.message.contains("Colour") == true)
            #expect(unknown?.message.contains("blue") == false)
            #expect(failure { try row["list", as: [String].self] }?.message.contains("NULL in it") == true)
            #expect(failure { try row["number", as: [Int].self] }?.message == "expected int8[], found int8")
            #expect(failure { try row["absent", as: Int.self] }?.message.contains("number, nothing") == true)
            #expect(throws: PostgresError.self) { try row.decode(Int.self, at: 4) }
            #expect(throws: PostgresError.self) { try row.decode(Int.self, String.self) }
        }
    }
}
