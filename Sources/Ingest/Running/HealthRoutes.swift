import Hummingbird
import Observability

/// The process's own routes. Readiness hangs on Kafka alone: while the database is away, submissions are what the gateway is for.
struct HealthRoutes: Sendable {
    private let health: HealthState
    private let database: DatabaseState
    private let shared: RouterResponder<GatewayContext>

    init(health: HealthState, database: DatabaseState, metrics: MetricRegistry) {
        self.health = health
        self.database = database
        let router = Router(context: GatewayContext.self)
        addObservabilityRoutes(to: router, health: health, metrics: metrics)
        shared = router.buildResponder()
    }

    /// `/healthz` and `/metrics`, as in every process.
    func common(_ exchange: Exchange) async throws -> Response {
        try await shared.respond(to: exchange.request, context: exchange.context)
    }

    /// `/readyz`, with the state of the database beside what is required.
    func ready(_ exchange: Exchange) async throws -> Response {
        let report = health.report()
        var components = report.components.map { component in
            switch component.readiness {
            case .ready: Readiness.Component(name: component.name, status: "ready", required: true, reason: nil)
            case .notReady(let reason): Readiness.Component(name: component.name, status: "not_ready", required: true, reason: reason)
            }
        }
        components.append(
            database.isReachable
                ? .init(name: "database", status: "ready", required: false, reason: nil)
                : .init(name: "database", status: "not_ready", required: false, reason: "unreachable; submissions are still accepted"))
        return JSONBody.response(
            Readiness(status: report.isReady ? "ready" : "not_ready", components: components),
            status: report.isReady ? .ok : .serviceUnavailable)
    }

    struct Readiness: Codable {
        let status: String
        let components: [Component]

        struct Component: Codable {
            let name: String, status: String, required: Bool, reason: String?
        }
    }

    struct Liveness: Codable {
        let status: String, reason: String?
    }
}
