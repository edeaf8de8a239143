import Domain
import Messaging
import Observability

/// Hands events to the log, and says of a failure what the client needs to know.
struct EventPublisher: Sendable {
    private let sink: any RecordSink
    private let acknowledged: Counter
    private let failures: MetricFamily<Counter>

    init(_ sink: any RecordSink, _ registry: MetricRegistry) {
        self.sink = sink
        acknowledged = registry.counter("helpdesk_ingest_published_total", "Events that the log acknowledged.")
        failures = registry.counter(
            "helpdesk_ingest_publish_failures_total", "Events that the log did not acknowledge, by reason.",
            labels: [
                .oneOf("reason", [SinkError.Reason.tooLarge, .unknownTopic, .timedOut, .closed, .interrupted, .failed].map(\.rawValue))
            ])
    }

    /// Returns once the log has the event.
    /// - Parameter key: with which the same request may be sent again.
    /// - Throws: `Problem`.
    func publish(_ event: GatewayEvent, key: String) async throws(Problem) {
        guard (event.record.value?.count ?? 0) <= Limits.payloadBytes else {
            throw Problem(.bodyTooLarge, "The event made from this body would have more than \(Limits.payloadBytes) bytes; shorten the text.")
        }
        do {
            try await sink.send(event.record)
            acknowledged.increment()
        } catch {
            failures.labels(error.reason.rawValue).increment()
            if error.reason == .tooLarge {
                throw Problem(.bodyTooLarge, "The log takes no event of this size; shorten the text.")
            }
            var problem = Problem.unavailable(
                .outcomeUnknown,
                """
                The log did not confirm it in time: it may have been accepted or not. Send the same request again with the header \
                Idempotency-Key set to the value of 'idempotencyKey'; it will not be done twice.
                """)
            problem.idempotencyKey = key
            throw problem
        }
    }
}
