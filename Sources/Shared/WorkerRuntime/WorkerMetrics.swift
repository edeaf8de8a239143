import Messaging
public import Observability

/// What a worker counts. Names follow the OpenTelemetry messaging words where there are any. Every series carries the consumer, since one
/// process may run several.
public struct WorkerMetrics: Sendable {
    let received: Counter
    /// Events finished, by outcome.
    let outcome: @Sendable (String) -> Counter
    let deadLetter: @Sendable (DeadReason) -> Counter
    let failure: @Sendable (String) -> Counter
    let decideSeconds: Histogram
    let recordSeconds: Histogram
    let batchEvents: Histogram
    let inHand: Gauge
    let inHandBytes: Gauge
    let isPaused: Gauge
    let isCareful: Gauge
    let lostRecords: Counter
    let assigned: Gauge

    /// - Parameter consumer: as in `WorkerSettings`.
    public init(_ registry: MetricRegistry, consumer: String) {
        let label = MetricLabel.first(8, "consumer")
        func counter(_ name: String, _ help: String) -> Counter { registry.counter(name, help, labels: [label]).labels(consumer) }
        func gauge(_ name: String, _ help: String) -> Gauge { registry.gauge(name, help, labels: [label]).labels(consumer) }
        func histogram(_ name: String, _ help: String, _ buckets: HistogramBuckets = .seconds) -> Histogram {
            registry.histogram(name, help, buckets: buckets, labels: [label]).labels(consumer)
        }
        received = counter("messaging_client_consumed_messages_total", "Records taken from the topics.")
        let outcomes = registry.counter(
            "helpdesk_events_total", "Events finished, by outcome.",
            labels: [label, .oneOf("outcome", ["applied", "ignored", "duplicate", "dead"])])
        outcome = { outcomes.labels(consumer, $0) }
        let deadLetters = registry.counter(
            "helpdesk_dead_letters_total", "Events sent to a dead-letter topic, by reason.", labels: [label, .of("reason", DeadReason.self)])
        deadLetter = { deadLetters.labels(consumer, $0.rawValue) }
        let failures = registry.counter(
            "helpdesk_failed_attempts_total", "Attempts that failed, by kind.",
            labels: [label, .oneOf("kind", ["decide", "record", "transient", "conflict", "dead_letter"])])
        failure = { failures.labels(consumer, $0) }
        decideSeconds = histogram("helpdesk_decide_duration_seconds", "Time to decide one chunk of events.")
        recordSeconds = histogram("helpdesk_record_duration_seconds", "Time of one commit batch, COMMIT included.")
        batchEvents = histogram("helpdesk_batch_events", "Events in a commit batch.", .counts)
        inHand = gauge("helpdesk_in_hand_events", "Records taken from the topics and not finished.")
        inHandBytes = gauge("helpdesk_in_hand_bytes", "Bytes of records taken from the topics and not finished.")
        isPaused = gauge("helpdesk_paused", "1 while consumption stands still because something is away.")
        isCareful = gauge("helpdesk_careful_mode", "1 while events are handled one by one after a crash.")
        lostRecords = counter(
            "helpdesk_unread_records_dropped_total", "Offsets between the committed one and the oldest the log still holds: lost unread.")
        assigned = gauge("messaging_client_assigned_partitions", "Partitions assigned to this process.")
    }
}
