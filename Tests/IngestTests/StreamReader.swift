import AsyncHTTPClient
import Domain
import Foundation
import Kafka
import NIOCore
import NIOHTTP1
import Postgres
import Stores
import Synchronization
import WorkerRuntime

@testable import Ingest

/// A client that listens to a stream of changes.
final class StreamReader: Sendable {
    struct Event: Equatable {
        let name: String
        let id: String?
        let data: [String: String]
    }

    private final class Received: Sendable {
        let state = Mutex((text: "", isEnded: false))
    }

    private let received = Received()
    private let task: Task<Void, Never>

    init(_ gateway: RunningGateway, key: String, query: String = "") async throws {
        var request = HTTPClientRequest(url: "http://127.0.0.1:\(gateway.port)/v1/tickets/stream\(query)")
        request.headers.add(name: "Authorization", value: "Bearer \(key)")
        let response = try await HTTPClient.shared.execute(request, timeout: .seconds(120))
        guard response.status.code == 200 else { throw TimedOut(description: "the stream answered \(response.status.code)") }
        task = Task { [received] in
            do {
                for try await chunk in response.body { received.state.withLock { $0.text += String(buffer: chunk) } }
            } catch {}
            received.state.withLock { $0.isEnded = true }
        }
        try await eventually("the stream is open") { text.contains(": open\n\n") }
    }

    var text: String { received.state.withLock { $0.text } }
    var isEnded: Bool { received.state.withLock { $0.isEnded } }

    /// The events so far.
    var events: [Event] {
        text.components(separatedBy: "\n\n").dropLast().compactMap { block in
            var fields: [String: String] = [:]
            for line in block.split(separator: "\n") where !line.hasPrefix(":") {
                let parts = line.split(separator: ":", maxSplits: 1)
                fields[String(parts[0])] = parts.count == 2 ? String(parts[1].dropFirst()) : ""
            }
            guard let name = fields["event"] else { return nil }
            let data = (try? JSONSerialization.jsonObject(with: Data((fields["data"] ?? "").utf8))) as? [String: Any] ?? [:]
            return Event(name: name, id: fields["id"], data: data.mapValues { "\($0)" })
        }
    }

    func hangUp() { task.cancel() }
}

extension RunningGateway {
    /// Publishes that a ticket was changed: that it is of this version now.
    func announceUpdate(_ ticket: Ticket, version: Int, kind: ChangeKind = .replied) async throws {
        var changed = ticket
        changed.version = version
        let event = EmittedEvent(
            TicketUpdated(changed, kind: kind), to: Topics.changes, stage: "triage", cause: UUID(), time: Date(), ticket: ticket.id,
            traceparent: nil)
        try await producer.send(event.record)
    }

    /// Many tickets of ada's, without a history.
    func storeMany(_ count: Int) async throws {
        _ = try await pool.execute(
            """
            INSERT INTO helpdesk.tickets (id, version, state, requester_id, subject, body, language, submitted_at)
            SELECT gen_random_uuid(), 1, 'triaged', 'ada', 'Number ' || n, repeat('It does not move. ', 25), 'en',
            timestamptz '2026-01-01 00:00:00Z' + n * interval '1 second' FROM generate_series(1, \(count)) AS n
            """)
    }
}
