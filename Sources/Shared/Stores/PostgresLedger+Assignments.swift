public import Foundation
public import Messaging
import Postgres
public import WorkerRuntime

extension PostgresLedger {
    public func openAssignments(
        consumer: String, holder: UUID, _ partitions: [TopicPartition: ReadingRange]
    ) async throws(LedgerError) -> [TopicPartition: Int64] {
        let sorted = partitions.sorted { $0.key < $1.key }
        let topics = sorted.map(\.key.topic), numbers = sorted.map(\.key.partition)
        let starts = sorted.map(\.value.inHand.lowerBound), ends = sorted.map(\.value.logEnd)
        return try await attempt {
            try await pool.transaction { connection in
                let open = try connection.query(
                    """
                    SELECT topic, partition FROM helpdesk.consumer_assignments
                    WHERE consumer = \(consumer) AND (topic, partition) IN (SELECT * FROM unnest(\(topics), \(numbers)))
                    AND closed_at IS NULL AND holder <> \(holder) ORDER BY topic, partition FOR UPDATE
                    """)
                let counted = try connection.pipeline([
                    """
                    DELETE FROM helpdesk.crash_attempts AS c USING unnest(\(topics), \(numbers), \(starts)) AS s(t, p, o)
                    WHERE c.consumer = \(consumer) AND c.topic = s.t AND c.partition = s.p
                    AND (c.record_offset < s.o OR c.attempts = 0 AND c.record_offset = s.o)
                    """,
                    """
                    SELECT topic, partition, max(CASE WHEN attempts > 0 THEN record_offset + 1 ELSE record_offset END) FROM helpdesk.crash_attempts
                    WHERE consumer = \(consumer) AND (topic, partition) IN (SELECT * FROM unnest(\(topics), \(numbers)))
                    GROUP BY topic, partition
                    """,
                    """
                    DELETE FROM helpdesk.crash_attempts AS c USING unnest(\(topics), \(numbers), \(ends)) AS s(t, p, o)
                    WHERE c.consumer = \(consumer) AND c.topic = s.t AND c.partition = s.p AND c.record_offset > s.o
                    """
                ])[1]
                let left = Set(try open.map { TopicPartition(topic: try $0.decode(at: 0), partition: try $0.decode(at: 1)) })
                let noted = Dictionary(
                    uniqueKeysWithValues: try counted.map {
                        (TopicPartition(topic: try $0.decode(at: 0), partition: try $0.decode(at: 1)), try $0.decode(Int64.self, at: 2))
                    })
                let feared = sorted.compactMap { partition, range in
                    range.feared(isOpen: left.contains(partition), noted: noted[partition]).map { (partition, $0) }
                }
                _ = try connection.execute(
                    """
                    INSERT INTO helpdesk.consumer_assignments (consumer, topic, partition, holder, opened_at)
                    SELECT \(consumer), t, p, \(holder), clock_timestamp() FROM unnest(\(topics), \(numbers)) AS a(t, p)
                    ON CONFLICT (consumer, topic, partition)
                    DO UPDATE SET holder = excluded.holder, opened_at = excluded.opened_at, closed_at = NULL
                    """)
                if !feared.isEmpty {
                    _ = try connection.execute(
                        """
                        INSERT INTO helpdesk.crash_attempts (consumer, topic, partition, record_offset, attempts)
                        SELECT \(consumer), t, p, o, 0
                        FROM unnest(\(feared.map(\.0.topic)), \(feared.map(\.0.partition)), \(feared.map(\.1))) AS s(t, p, o)
                        ON CONFLICT DO NOTHING
                        """)
                }
                return Dictionary(uniqueKeysWithValues: feared)
            }
        }
    }

    public func forgetNotes(consumer: String, _ partitions: [TopicPartition]) async throws(LedgerError) {
        try await attempt {
            _ = try await pool.execute(
                """
                DELETE FROM helpdesk.crash_attempts WHERE consumer = \(consumer) AND attempts = 0
                AND (topic, partition) IN (SELECT * FROM unnest(\(partitions.map(\.topic)), \(partitions.map(\.partition))))
                """)
        }
    }

    public func closeAssignments(consumer: String, holder: UUID, _ partitions: [TopicPartition]) async throws(LedgerError) {
        try await attempt {
            _ = try await pool.execute(
                """
                UPDATE helpdesk.consumer_assignments SET closed_at = clock_timestamp()
                WHERE consumer = \(consumer) AND holder = \(holder) AND closed_at IS NULL
                AND (topic, partition) IN (SELECT * FROM unnest(\(partitions.map(\.topic)), \(partitions.map(\.partition))))
                """)
        }
    }

    public func attempts(consumer: String, at places: [RecordPlace]) async throws(LedgerError) -> [RecordPlace: Int] {
        let (topics, partitions, offsets) = columns(places)
        return try await attempt {
            try counts(
                await pool.query(
                    """
                    SELECT c.topic, c.partition, c.record_offset, c.attempts FROM helpdesk.crash_attempts AS c
                    JOIN unnest(\(topics), \(partitions), \(offsets)) AS s(t, p, o) ON c.topic = s.t AND c.partition = s.p AND c.record_offset = s.o
                    WHERE c.consumer = \(consumer) AND c.attempts > 0
                    """))
        }
    }

    public func beginAttempts(consumer: String, at places: [RecordPlace]) async throws(LedgerError) -> [RecordPlace: Int] {
        let (topics, partitions, offsets) = columns(places)
        return try await attempt {
            // A crash of this process keeps them; a crash of the server may forget one attempt, which costs one more crash.
            try await pool.transaction(TransactionOptions(commitsAsynchronously: true)) { connection in
                try counts(
                    connection.query(
                        """
                        INSERT INTO helpdesk.crash_attempts AS c (consumer, topic, partition, record_offset, attempts)
                        SELECT \(consumer), t, p, o, 1 FROM unnest(\(topics), \(partitions), \(offsets)) AS s(t, p, o)
                        ON CONFLICT (consumer, topic, partition, record_offset) DO UPDATE SET attempts = c.attempts + 1
                        RETURNING topic, partition, record_offset, attempts
                        """))
            }
        }
    }

    public func withdrawAttempts(consumer: String, at places: [RecordPlace]) async throws(LedgerError) {
        let (topics, partitions, offsets) = columns(places)
        try await attempt {
            try await pool.transaction(TransactionOptions(commitsAsynchronously: true)) { connection in
                _ = try connection.pipeline([
                    """
                    UPDATE helpdesk.crash_attempts AS c SET attempts = c.attempts - 1
                    FROM unnest(\(topics), \(partitions), \(offsets)) AS s(t, p, o)
                    WHERE c.consumer = \(consumer) AND c.topic = s.t AND c.partition = s.p AND c.record_offset = s.o
                    """,
                    """
                    DELETE FROM helpdesk.crash_attempts AS c USING unnest(\(topics), \(partitions), \(offsets)) AS s(t, p, o)
                    WHERE c.consumer = \(consumer) AND c.topic = s.t AND c.partition = s.p AND c.record_offset = s.o AND c.attempts <= 0
                    """
                ])
            }
        }
    }

    public func clearAttempts(consumer: String, at places: [RecordPlace]) async throws(LedgerError) {
        let (topics, partitions, offsets) = columns(places)
        try await attempt {
            try await pool.transaction(TransactionOptions(commitsAsynchronously: true)) { connection in
                _ = try connection.execute(
                    """
                    DELETE FROM helpdesk.crash_attempts AS c USING unnest(\(topics), \(partitions), \(offsets)) AS s(t, p, o)
                    WHERE c.consumer = \(consumer) AND c.topic = s.t AND c.partition = s.p AND c.record_offset = s.o
                    """)
            }
        }
    }

    /// In one order for everybody, so that two that lock the same rows do not wait for each other.
    private func columns(_ places: [RecordPlace]) -> (topics: [String], partitions: [Int32], offsets: [Int64]) {
        let sorted = places.sorted()
        return (sorted.map(\.partition.topic), sorted.map(\.partition.partition), sorted.map(\.offset))
    }
}

private func counts(_ rows: some Sequence<Row>) throws -> [RecordPlace: Int] {
    var counts: [RecordPlace: Int] = [:]
    for row in rows {
        let partition = TopicPartition(topic: try row.decode(at: 0), partition: try row.decode(at: 1))
        counts[RecordPlace(partition: partition, offset: try row.decode(at: 2))] = Int(try row.decode(Int32.self, at: 3))
    }
    return counts
}
