public import Foundation
import Messaging
import Postgres
public import WorkerRuntime

enum OutboxSQL {
    static func insert(_ rows: [OutboxRow]) -> SQL {
        let records = rows.map(\.record)
        return """
            INSERT INTO helpdesk.outbox (event_id, topic, key, value, headers)
            SELECT * FROM unnest(\(rows.map(\.id)), \(records.map(\.topic)), \(records.map(\.key)), \(records.map(\.value)), \
            \(records.map { JSONB(bytes: RecordHeadersJSON.encode($0.headers)) }))
            """
    }
}

extension PostgresLedger {
    public func deleteOutbox(_ ids: [UUID]) async throws(LedgerError) {
        try await attempt {
            // Losing this commit costs a repeated publication, which its readers absorb: no need to wait for the disk.
            try await pool.transaction(TransactionOptions(commitsAsynchronously: true)) { connection in
                _ = try connection.execute("DELETE FROM helpdesk.outbox WHERE event_id = ANY(\(ids))")
            }
        }
    }

    public func staleOutbox(
        olderThan age: Duration, after position: Int64, limit: Int, bytes: Int
    ) async throws(LedgerError) -> OutboxPage {
        try await attempt {
            // Sizes are known without reading the values, so only the rows of the page are read whole.
            let rows = try await pool.query(
                """
                SELECT event_id, topic, key, value, headers, seq FROM (
                    SELECT *, sum(size) OVER (ORDER BY seq) - size AS before FROM (
                        SELECT *, 128 + coalesce(octet_length(key), 0) + coalesce(octet_length(value), 0) + pg_column_size(headers) AS size
                        FROM helpdesk.outbox
                        WHERE seq > \(position) AND created_at < clock_timestamp() - make_interval(secs => \(age.seconds))
                        ORDER BY seq LIMIT \(limit)
                    ) AS oldest
                ) AS sized WHERE before < \(bytes) ORDER BY seq
                """)
            return OutboxPage(
                rows: try rows.map { row in
                    OutboxRow(
                        id: try row.decode(at: 0),
                        record: OutgoingRecord(
                            topic: try row.decode(at: 1), key: try row.decode(at: 2), value: try row.decode(at: 3),
                            headers: try RecordHeadersJSON.decode(row.decode(JSONB.self, at: 4).bytes)))
                },
                end: try rows.last?.decode(Int64.self, at: 5) ?? position)
        }
    }

    public func acquireRelayLease() async throws(LedgerError) -> (any RelayLease)? {
        try await attempt {
            let session = try await pool.openDedicated(session: ["idle_session_timeout": "15s"])
            do {
                let isOurs = try await session.query("SELECT pg_try_advisory_lock(hashtextextended('helpdesk.outbox.relay', 0))")
                    .scalar(Bool.self)
                if isOurs { return SessionLease(session: session) }
            } catch {
                await session.close()
                throw error
            }
            await session.close()
            return nil
        }
    }
}

/// An advisory lock on a session of its own; it ends with the session, which the server ends after 15 s without a sign of life.
private struct SessionLease: RelayLease {
    let session: DedicatedSession

    func renew() async throws(LedgerError) {
        do {
            _ = try await session.query("SELECT 1")
        } catch {
            throw PostgresLedger.ledgerError(of: error)
        }
    }

    func release() async {
        // The server ends a closed session's lock when it gets to it; the next relay should not have to wait for that.
        _ = try? await session.query("SELECT pg_advisory_unlock(hashtextextended('helpdesk.outbox.relay', 0))")
        await session.close()
    }
}

extension Duration {
    /// As a fraction of seconds.
    var seconds: Double { Double(components.seconds) + Double(components.attoseconds) / 1e18 }
}
