import HTTPTypes
import Observability

/// What is counted of requests. Each route's series are resolved once.
struct HTTPMetrics: Sendable {
    /// By route and class of status, 1xx to 5xx; the last row is for requests that found no route.
    private let durations: [[Histogram]]
    let inFlight: Gauge

    init(_ registry: MetricRegistry, endpoints: [Endpoint]) {
        let family = registry.histogram(
            "http_server_request_duration_seconds", "Time from a request's head to its answer, by route, method and class of status.",
            labels: [
                .oneOf("http_route", Set(endpoints.map(\.path))), .oneOf("http_request_method", Set(endpoints.map(\.method.rawValue))),
                .oneOf("http_response_status_class", (1...5).map { "\($0)xx" })
            ])
        let rows = endpoints.map { ($0.path, $0.method.rawValue) } + [(MetricLabel.other, MetricLabel.other)]
        durations = rows.map { path, method in (1...5).map { family.labels(path, method, "\($0)xx") } }
        inFlight = registry.gauge("http_server_active_requests", "Requests that are being answered.")
    }

    /// - Parameter endpoint: its place in the table; nil when none was found.
    func observe(endpoint: Int?, status: Int, _ duration: Duration) {
        durations[endpoint ?? durations.count - 1][max(0, min(4, status / 100 - 1))].observe(duration)
    }
}
