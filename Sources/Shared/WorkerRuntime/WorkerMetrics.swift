import Messaging
public import Observability

/// What a worker counts. Names follow the OpenTelemetry messaging words where there are any.
public struct WorkerMetrics: Sendable {
    let received: Counter
    let outcomes: MetricFamily<Counter>
    let deadLetters: MetricFamily<Counter>
    let failures: MetricFamily<Counter>
    let decideSeconds: Histogram
    let recordSeconds: Histogram
    let batchEvents: Histogram
    let inHand: Gauge
    let inHandBytes: Gauge
    let isPaused: Gauge
    let isCareful: Gauge
    let lostRecords: Counter
    let assigned: Gauge

    public init(_ registry: MetricRegistry) {
        received = registry.counter("messaging_client_consumed_messages_total", "Records taken from the topics.")
        outcomes = registry.counter(
            "helpdesk_events_total", "Events finished, by outcome.",
            labels: [.oneOf("outcome", ["applied", "ignored", "duplicate", "dead"])])
        deadLetters = registry.counter(
            "helpdesk_dead_letters_total", "Events sent to a dead-letter topic, by reason.", labels: [.of("reason", DeadReason.self)])
        failures = registry.counter(
            "helpdesk_failed_attempts_total", "Attempts that failed, by kind.",
            labels: [.oneOf("kind", ["decide", "record", "transient", "conflict", "dead_letter"])])
        decideSeconds = registry.histogram("helpdesk_decide_duration_seconds", "Time to decide one chunk of events.")
        recordSeconds = registry.histogram("helpdesk_record_duration_seconds", "Time of one commit batch, COMMIT included.")
        batchEvents = registry.histogram("helpdesk_batch_events", "Events in a commit batch.", buckets: .counts)
        inHand = registry.gauge("helpdesk_in_hand_events", "Records taken from the topics and not finished.")
        inHandBytes = registry.gauge("helpdesk_in_hand_bytes", "Bytes of records taken from the topics and not finished.")
        isPaused = registry.gauge("helpdesk_paused", "1 while consumption stands still because something is away.")
        isCareful = registry.gauge("helpdesk_careful_mode", "1 while events are handled one by one after a crash.")
        lostRecords = registry.counter(
            "helpdesk_unread_records_dropped_total", "Offsets between the committed one and the oldest the log still holds: lost unread.")
        assigned = registry.gauge("messaging_client_assigned_partitions", "Partitions assigned to this process.")
    }
}
