import Domain
public import Foundation
public import Postgres

/// Counts every metric again from the tables that hold what was decided, and compares.
public struct MetricVerification: Sendable {
    /// Where the numbers to be checked come from.
    public enum Witness: String, Sendable, CaseIterable, Codable {
        case facts, minutes, hours, days
    }

    /// A bucket in which a witness says something else than the tables.
    public struct Difference: Sendable, Hashable, Codable {
        public var metric: String
        public var witness: Witness
        /// Where the hour begins; the day, for days.
        public var bucket: Date
        public var detail: String
        public var expectedCount: Int
        public var foundCount: Int
        public var expectedSum: Double
        public var foundSum: Double

        public init(
            metric: String, witness: Witness, bucket: Date, detail: String, expectedCount: Int, foundCount: Int, expectedSum: Double,
            foundSum: Double
        ) {
            self.metric = metric
            self.witness = witness
            self.bucket = bucket
            self.detail = detail
            self.expectedCount = expectedCount
            self.foundCount = foundCount
            self.expectedSum = expectedSum
            self.foundSum = foundSum
        }
    }

    public struct Result: Sendable, Hashable, Codable {
        /// Measurements that the tables call for, by metric that was recounted.
        public var recounted: [String: Int]
        /// Metrics that are declared or were measured, and cannot be counted again.
        public var notRecounted: [String]
        public var differences: [Difference]
        /// There are more differences than are listed.
        public var hasMore: Bool

        public init(recounted: [String: Int], notRecounted: [String], differences: [Difference], hasMore: Bool) {
            self.recounted = recounted
            self.notRecounted = notRecounted
            self.differences = differences
            self.hasMore = hasMore
        }
    }

    /// Differences listed for one metric and witness at most.
    public static let differenceLimit = 200

    private let pool: ConnectionPool

    public init(_ pool: ConnectionPool) {
        self.pool = pool
    }

    /// - Parameters:
    ///   - from, until: only what happened between them, by event time: whole days at `from`, whole hours at `until`; nil: no bound.
    ///   - factsFrom: facts of earlier days were pruned and are not compared.
    public func run(from: Date? = nil, until: Date? = nil, factsFrom: Date? = nil) async throws -> Result {
        let range = Range(
            from: from.map { RFC3339Day.start(of: $0) } ?? Date(timeIntervalSince1970: 0),
            until: Self.hour(until ?? Date(timeIntervalSince1970: 253_402_300_800)), factsFrom: factsFrom ?? Date(timeIntervalSince1970: 0))
        let session = try await pool.openDedicated(session: ["statement_timeout": "0", "idle_in_transaction_session_timeout": "0"])
        do {
            let result = try await session.transaction(.snapshot) { try Self.compare($0, range) }
            await session.close()
            return result
        } catch {
            await session.close()
            throw error
        }
    }

    private struct Range: Sendable {
        let from: Date
        let until: Date
        let factsFrom: Date
    }

    private static func compare(_ connection: Connection, _ range: Range) throws -> Result {
        var result = Result(recounted: [:], notRecounted: [], differences: [], hasMore: false)
        for recount in MetricRecount.all {
            result.recounted[recount.metric.rawValue] = try Int(
                connection.query(
                    """
                    SELECT count(*) FROM (\(recount.source)) AS s (at, detail, value) WHERE at >= \(range.from) AND at < \(range.until)
                    """
                ).scalar(Int64.self))
            for witness in Witness.allCases {
                let rows = try differences(recount, witness, range, connection)
                result.hasMore = result.hasMore || rows.count > differenceLimit
                result.differences += rows.prefix(differenceLimit)
            }
        }
        let known = Set(result.recounted.keys)
        var names = Set(Metric.allCases.map(\.rawValue))
        for row in try connection.query(
            // A jump from name to name along the key: a plain DISTINCT would read every rollup.
            """
            WITH RECURSIVE names AS (
                (SELECT name FROM helpdesk.metric_rollups WHERE grain = 'day' ORDER BY name LIMIT 1)
                UNION ALL
                SELECT (SELECT r.name FROM helpdesk.metric_rollups AS r WHERE r.grain = 'day' AND r.name > n.name ORDER BY r.name LIMIT 1)
                FROM names AS n WHERE n.name IS NOT NULL
            ) SELECT name FROM names WHERE name IS NOT NULL
            """)
        {
            names.insert(try row.decode(at: 0))
        }
        result.notRecounted = names.subtracting(known).sorted()
        return result
    }

    private static func differences(
        _ recount: MetricRecount, _ witness: Witness, _ range: Range, _ connection: Connection
    ) throws -> [Difference] {
        let unit: SQL = witness == .days ? "'day'" : "'hour'"
        let name = recount.metric.rawValue
        let from = witness == .facts ? max(range.from, range.factsFrom) : range.from
        // A day whose end is cut off by `until` cannot be compared as a whole.
        let until = witness == .days ? RFC3339Day.start(of: range.until) : range.until
        let found: SQL =
            switch witness {
            case .facts:
                """
                SELECT date_trunc('hour', at, 'UTC'), detail, count(*), sum(value) FROM helpdesk.metric_facts
                WHERE name = \(name) AND at >= \(from) AND at < \(until) AND day >= \(from) AND day < \(until) GROUP BY 1, 2
                """
            case .minutes: rollups(.minute, name, from, until)
            case .hours: rollups(.hour, name, from, until)
            case .days: rollups(.day, name, from, until)
            }
        return try connection.query(
            """
            WITH expected AS (
                SELECT date_trunc(\(unit), at, 'UTC') AS bucket, left(detail, \(Int32(MetricLabels.longestWord))) AS detail,
                    count(*) AS count, sum(value)::double precision AS sum
                FROM (\(recount.source)) AS s (at, detail, value) WHERE at >= \(from) AND at < \(until) GROUP BY 1, 2
            ), found (bucket, detail, count, sum) AS (\(found))
            SELECT bucket, detail, coalesce(e.count, 0), coalesce(f.count, 0), coalesce(e.sum, 0), coalesce(f.sum, 0)
            FROM expected AS e FULL JOIN found AS f USING (bucket, detail)
            WHERE e.count IS DISTINCT FROM f.count
                -- Fractions are added in another order; whole numbers are exact.
                OR abs(e.sum - f.sum) > 1e-9 * greatest(abs(e.sum), abs(f.sum)) + 1e-6 * e.count
            ORDER BY bucket, detail LIMIT \(differenceLimit + 1)
            """
        ).map { row in
            let (bucket, detail, expectedCount, foundCount, expectedSum, foundSum) = try row.decode(
                Date.self, String.self, Int64.self, Int64.self, Double.self, Double.self)
            return Difference(
                metric: name, witness: witness, bucket: bucket, detail: detail, expectedCount: Int(expectedCount), foundCount: Int(foundCount),
                expectedSum: expectedSum, foundSum: foundSum)
        }
    }

    private static func rollups(_ grain: MetricGrain, _ name: String, _ from: Date, _ until: Date) -> SQL {
        // Minutes are compared by the hour.
        let bucket: SQL = grain == .minute ? "date_trunc('hour', bucket, 'UTC')" : "bucket"
        return """
            SELECT \(bucket), detail, sum(count)::bigint, sum(sum) FROM helpdesk.metric_rollups
            WHERE grain = \(grain.rawValue) AND name = \(name) AND bucket >= \(from) AND bucket < \(until) GROUP BY 1, 2
            """
    }

    private static func hour(_ instant: Date) -> Date {
        Date(timeIntervalSince1970: (instant.timeIntervalSince1970 / 3600).rounded(.down) * 3600)
    }
}
