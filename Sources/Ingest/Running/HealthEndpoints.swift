import HTTPTypes

extension HealthRoutes {
    var endpoints: [Endpoint] {
        [
            Endpoint(
                .get, "/healthz",
                RouteContract(
                    "healthz", "Whether the process lives", .operations,
                    responses: [.ok(Liveness.self, "It does."), DeclaredResponse(503, "It should be started anew.", .json(Liveness.self))]),
                open: common),
            Endpoint(
                .get, "/readyz",
                RouteContract(
                    "readyz", "Whether requests should be sent here", .operations,
                    details: "Readiness hangs on Kafka alone: without the database submissions are still taken.",
                    responses: [.ok(Readiness.self, "Yes."), DeclaredResponse(503, "No, with the reasons.", .json(Readiness.self))]),
                open: ready),
            Endpoint(
                .get, "/metrics",
                RouteContract(
                    "metrics", "Figures for Prometheus", .operations,
                    responses: [DeclaredResponse(200, "In Prometheus' text format.", .other("text/plain"))]),
                open: common)
        ]
    }
}
