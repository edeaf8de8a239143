import Access
import Domain
import HTTPTypes
import Hummingbird
import Identity
import Logging
import NIOCore
import Observability

/// Answers every request: finds its route, checks its key, and turns whatever is thrown into a problem. The one place where headers,
/// metrics and the access log are written.
struct GatewayResponder: HTTPResponder {
    typealias Context = BasicRequestContext

    let table: RouteTable
    let keys: KeyRing
    let metrics: HTTPMetrics
    let logger: Logger

    func respond(to request: Request, context: BasicRequestContext) async throws -> Response {
        let started = ContinuousClock.now
        metrics.inFlight.increment()
        defer { metrics.inFlight.decrement() }
        let incoming = request.headers[.traceparent].flatMap { TraceContext(traceparent: $0) }
        var access = Access(trace: incoming?.child() ?? .new(), requestID: RequestID.of(request))
        var response: Response
        do {
            response = try await answer(request, context, &access)
        } catch let failure as BodyReadFailure {
            finish(request, access, status: 499, started)
            throw failure.underlying
        } catch {
            response = problem(of: error, access).response(instance: Self.path(of: request), requestID: access.requestID)
        }
        decorate(&response, access)
        finish(request, access, status: response.status.code, started)
        return response
    }

    /// What is known about a request for its log line.
    struct Access {
        let trace: TraceContext
        let requestID: String
        var endpoint: Int?
        var principal: String?
    }

    private func answer(_ request: Request, _ context: BasicRequestContext, _ access: inout Access) async throws -> Response {
        switch table.match(request.method, target: request.head.path ?? "") {
        case .nothing:
            throw Problem(.routeNotFound, "Check the path; the API begins with /v1/tickets.")
        case .otherMethods(let allow):
            throw Problem(.methodNotAllowed, "Use one of \(allow).", headers: [.allow: allow])
        case .found(let index, let parameters):
            access.endpoint = index
            var exchange = Exchange(
                request: request, context: context, requestID: access.requestID, trace: access.trace, parameters: parameters)
            let endpoint = table.endpoints[index]
            switch endpoint.handling {
            case .open(let handle):
                try exchange.readQuery(endpoint.contract)
                return try await handle(exchange)
            case .authenticated(let handle):
                let principal = try await authenticate(exchange)
                access.principal = principal.id
                // Who may not do this learns nothing about how it is asked for.
                if let contract = endpoint.contract { try principal.require(anyOf: contract.permissions) }
                try exchange.readQuery(endpoint.contract)
                return try await handle(exchange, principal)
            }
        }
    }

    private func authenticate(_ exchange: Exchange) async throws(Problem) -> Principal {
        guard let bearer = exchange.bearer else {
            throw Problem(
                .unauthenticated, "Send your API key in the header Authorization: Bearer hdk_...",
                headers: [.wwwAuthenticate: #"Bearer realm="helpdesk""#])
        }
        do {
            return try await keys.principal(forKey: String(bearer))
        } catch {
            switch error {
            case .refused:
                throw Problem(
                    .unauthenticated, "The key is not one of ours, or it was revoked or has expired; ask an administrator for another.",
                    headers: [.wwwAuthenticate: #"Bearer realm="helpdesk", error="invalid_token""#])
            case .unavailable:
                throw .unavailable(.identityUnavailable, "The database that knows the keys does not answer; nothing was done. Try again.")
            }
        }
    }

    private func problem(of error: any Error, _ access: Access) -> Problem {
        switch error {
        case let problem as Problem: return problem
        case let refusal as AccessRefusal:
            return Problem(
                .forbidden, refusal.description,
                errors: refusal.field.map {
                    [.init($0, expected: "your own, or the permission \(refusal.permission.rawValue)", found: "another's")]
                } ?? [])
        default:
            if let problem = Problem(databaseError: error) { return problem }
            // By convention the words of our errors never hold what users wrote.
            logger.error(
                "request failed",
                [
                    .errorCode: .string("\(type(of: error))"), .error: .string("\(error)"), .correlationID: .string(access.requestID),
                    .traceID: .string(access.trace.traceID)
                ])
            return Problem(.internalError, "This is our fault. Report the requestId; a repeated request may work.")
        }
    }

    private func decorate(_ response: inout Response, _ access: Access) {
        response.headers.append(HTTPField(name: .requestID, value: access.requestID))
        response.headers.append(HTTPField(name: .contentTypeOptions, value: "nosniff"))
        response.headers.append(HTTPField(name: .contentSecurityPolicy, value: "default-src 'none'; frame-ancestors 'none'"))
        response.headers.append(HTTPField(name: .referrerPolicy, value: "no-referrer"))
        // Every answer depends on the caller's key.
        response.headers[.cacheControl] = "no-store"
    }

    private func finish(_ request: Request, _ access: Access, status: Int, _ started: ContinuousClock.Instant) {
        let duration = ContinuousClock.now - started
        metrics.observe(endpoint: access.endpoint, status: status, duration)
        logger.info(
            "request",
            [
                .method: .string(request.method.rawValue), .route: .string(access.endpoint.map { table.endpoints[$0].path } ?? "none"),
                .status: .stringConvertible(status), .durationMilliseconds: .stringConvertible(duration.roundedMilliseconds),
                .principal: .string(access.principal ?? "none"), .correlationID: .string(access.requestID),
                .traceID: .string(access.trace.traceID)
            ])
    }

    private static func path(of request: Request) -> String {
        let target = request.head.path ?? "/"
        return String(target.prefix { $0 != "?" }.prefix(500))
    }
}

extension Duration {
    /// To the microsecond.
    fileprivate var roundedMilliseconds: Double {
        let micros = components.seconds * 1_000_000 + components.attoseconds / 1_000_000_000_000
        return Double(micros) / 1000
    }
}
