import Observability

/// What the timers tell an operator.
struct TimerMetrics: Sendable {
    let handled: Counter
    let postponed: Counter
    let lateness: Gauge

    init(_ registry: MetricRegistry) {
        handled = registry.counter("helpdesk_timer_tickets_total", "Tickets evaluated because a timer was due.")
        postponed = registry.counter("helpdesk_timers_postponed_total", "Tickets whose timers were put off because evaluating them failed.")
        lateness = registry.gauge("helpdesk_timer_lateness_seconds", "How long the longest due timer has waited; 0 while none is due.")
    }
}
