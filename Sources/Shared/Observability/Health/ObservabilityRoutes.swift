public import Hummingbird
import HTTPTypes
import NIOCore

/// Adds `/healthz`, `/readyz` and `/metrics` to a router.
///
/// `/healthz` answers 200 while the process is alive, `/readyz` 200 while it is ready, else 503 with the reasons as JSON.
/// `/metrics` answers in the Prometheus text format.
public func addObservabilityRoutes(
    to router: Router<some RequestContext>, health: HealthState, metrics: MetricRegistry
) {
    router.get("/healthz") { _, _ in
        let report = health.report()
        return HealthBody.response(report.isAlive ? .ok : .serviceUnavailable, HealthBody.liveness(report))
    }
    router.get("/readyz") { _, _ in
        let report = health.report()
        return HealthBody.response(report.isReady ? .ok : .serviceUnavailable, HealthBody.readiness(report))
    }
    router.get("/metrics") { _, _ in
        HealthBody.response(.ok, metrics.exposition(), type: PrometheusText.contentType)
    }
}

/// The bodies of the health routes.
enum HealthBody {
    static func liveness(_ report: HealthState.Report) -> String {
        guard let dead = report.dead else { return #"{"status":"alive"}"# }
        return #"{"status":"dead","reason":\#(quoted(dead))}"#
    }

    static func readiness(_ report: HealthState.Report) -> String {
        var components = report.components.map { component in
            switch component.readiness {
            case .ready: #"{"name":\#(quoted(component.name)),"status":"ready"}"#
            case .notReady(let reason):
                #"{"name":\#(quoted(component.name)),"status":"not_ready","reason":\#(quoted(reason))}"#
            }
        }
        if let dead = report.dead {
            components.append(#"{"name":"liveness","status":"not_ready","reason":\#(quoted(dead))}"#)
        }
        let status = report.isReady ? "ready" : "not_ready"
        return #"{"status":"\#(status)","components":[\#(components.joined(separator: ","))]}"#
    }

    static func response(
        _ status: HTTPResponse.Status, _ text: String, type: String = "application/json"
    ) -> Response {
        Response(
            status: status, headers: [.contentType: type, .cacheControl: "no-store"],
            body: ResponseBody(byteBuffer: ByteBuffer(string: text)))
    }

    private static func quoted(_ text: String) -> String {
        var bytes: [UInt8] = []
        JSONLogHandler.quote(text, &bytes)
        return String(decoding: bytes, as: UTF8.self)
    }
}
