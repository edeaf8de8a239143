public import Observability

/// What a model costs and how it fares, for `/metrics`.
public struct ModelMetrics: Sendable {
    let calls: MetricFamily<Counter>
    let attempts: MetricFamily<Counter>
    let tokens: MetricFamily<Counter>
    let money: MetricFamily<Counter>
    let seconds: MetricFamily<Histogram>
    private let registry: MetricRegistry

    /// Declares the metrics. Several models may share a registry; the ninth is reported as `other`.
    public init(_ registry: MetricRegistry) {
        let model = MetricLabel.first(8, "model")
        calls = registry.counter(
            "helpdesk_llm_calls_total", "Calls of the model, by outcome.", labels: [model, .oneOf("outcome", ["ok"] + ModelError.codes)])
        attempts = registry.counter("helpdesk_llm_attempts_total", "Requests sent to the model's endpoint.", labels: [model])
        tokens = registry.counter(
            "helpdesk_llm_tokens_total", "Tokens the model counted, by direction.",
            labels: [model, .oneOf("direction", ["input", "output"])])
        money = registry.counter("helpdesk_llm_cost_total", "Money spent on the model, by the configured prices.", labels: [model])
        seconds = registry.histogram(
            "helpdesk_llm_attempt_duration_seconds", "Time of one request to the model's endpoint.", buckets: .slowSeconds,
            labels: [model])
        self.registry = registry
    }

    /// Reports the breaker at each scrape: 0 closed, 1 half open, 2 open.
    func watchBreaker(model: String, state: @escaping @Sendable () -> CircuitBreaker.State) {
        registry.callback(
            "helpdesk_llm_breaker_state", "The breaker before the model: 0 closed, 1 half open, 2 open.", labels: [.first(8, "model")]
        ) {
            let value: Double =
                switch state() {
                case .closed: 0
                case .halfOpen: 1
                case .open: 2
                }
            return [MetricRegistry.Sample([model], value)]
        }
    }
}
