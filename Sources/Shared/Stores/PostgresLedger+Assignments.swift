public import Foundation
public import Messaging
import Postgres
public import WorkerRuntime

extension PostgresLedger {
    public func openAssignments(
        consumer: String, holder: UUID, _ partitions: [TopicPartition: Int64]
    ) async throws(LedgerError) -> Set<TopicPartition> {
        let sorted = partitions.sorted { $0.key < $1.key }
        let topics = sorted.map(\.key.topic), numbers = sorted.map(\.key.partition)
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
                    DELETE FROM helpdesk.crash_attempts AS c USING unnest(\(topics), \(numbers), \(sorted.map(\.value))) AS s(t, p, o)
                    WHERE c.consumer = \(consumer) AND c.topic = s.t AND c.partition = s.p AND c.record_offset < s.o
                    """,
                    """
                    SELECT DISTINCT topic, partition FROM helpdesk.crash_attempts
                    WHERE consumer = \(consumer) AND (topic, partition) IN (SELECT * FROM unnest(\(topics), \(numbers)))
                    """
                ])[1]
                let dirty = Set(
                    try (Array(open) + Array(counted)).map { TopicPartition(topic: try $0.decode(at: 0), partition: try $0.decode(at: 1)) })
                _ = try connection.execute(
                    """
                    INSERT INTO helpdesk.consumer_assignments (consumer, topic, partition, holder, opened_at)
                    SELECT \(consumer), t, p, \(holder), clock_timestamp() FROM unnest(\(topics), \(numbers)) AS a(t, p)
                    ON CONFLICT (consumer, topic, partition)
                    DO UPDATE SET holder = excluded.holder, opened_at = excluded.opened_at, closed_at = NULL
                    """)
                return dirty
            }
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

    public func beginAttempt(consumer: String, at place: TopicPartition, offset: Int64) async throws(LedgerError) -> Int {
        try await attempt {
            // A crash of this process keeps it; a crash of the server may forget one attempt, which costs one more crash.
            try await pool.transaction(TransactionOptions(commitsAsynchronously: true)) { connection in
                Int(
                    try connection.query(
                        """
                        INSERT INTO helpdesk.crash_attempts AS c (consumer, topic, partition, record_offset, attempts)
                        VALUES (\(consumer), \(place.topic), \(place.partition), \(offset), 1)
                        ON CONFLICT (consumer, topic, partition, record_offset) DO UPDATE SET attempts = c.attempts + 1
                        RETURNING attempts
                        """
                    ).scalar(Int32.self))
            }
        }
    }

    public func clearAttempts(consumer: String, at place: TopicPartition, offset: Int64) async throws(LedgerError) {
        try await attempt {
            try await pool.transaction(TransactionOptions(commitsAsynchronously: true)) { connection in
                _ = try connection.execute(
                    """
                    DELETE FROM helpdesk.crash_attempts WHERE consumer = \(consumer) AND topic = \(place.topic)
                    AND partition = \(place.partition) AND record_offset = \(offset)
                    """)
            }
        }
    }
}
