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
    typealias Context = GatewayContext

    let table: RouteTable
    let authenticator: Authenticator
    let limits: RateLimits
    let proxies: TrustedProxies
    let origins: Origins
    /// Whether browsers shall come over TLS only from now on.
    let isSecure: Bool
    let metrics: HTTPMetrics
    let refusedActs: RefusedActs
    let logger: Logger

    func respond(to request: Request, context: GatewayContext) async throws -> Response {
        let started = ContinuousClock.now
        metrics.inFlight.increment()
        defer { metrics.inFlight.decrement() }
        let client = context.peer.map { proxies.client(peer: $0, request.headers) }
        let incoming = request.headers[.traceparent].flatMap { TraceContext(traceparent: $0) }
        var access = Access(trace: incoming?.child() ?? .new(), requestID: RequestID.of(request), client: client)
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
        // A body here would be taken for the beginning of the next answer.
        if request.method == .head { response = response.createHeadResponse() }
        finish(request, access, status: response.status.code, started)
        return response
    }

    /// What is known about a request for its log line.
    struct Access {
        let trace: TraceContext
        let requestID: String
        let client: ClientAddress?
        /// The allowed origin of the page that asks.
        var origin: String?
        /// The quota that was asked last.
        var standing: RateLimits.Standing?
        var endpoint: Int?
        var principal: String?
    }

    private func answer(_ request: Request, _ context: GatewayContext, _ access: inout Access) async throws -> Response {
        let target = request.head.path ?? ""
        // Before anything is refused: a page that is let in may read why, and when to come again.
        access.origin = origins.admitted(request)
        access.standing = try limits.count(access.client)
        try origins.check(request)
        if let response = try origins.preflight(request, methods: { table.methods(target: target) }) { return response }
        switch table.match(request.method, target: target) {
        case .nothing:
            throw Problem(.routeNotFound, "Check the path; /openapi.json lists what there is.")
        case .otherMethods(let allow):
            throw Problem(.methodNotAllowed, "Use one of \(allow).", headers: [.allow: allow])
        case .found(let index, let parameters):
            access.endpoint = index
            var exchange = Exchange(
                request: request, context: context, requestID: access.requestID, client: access.client, trace: access.trace, parameters: parameters)
            let endpoint = table.endpoints[index]
            switch endpoint.handling {
            case .open(let handle):
                try exchange.readQuery(endpoint.contract)
                return try await handle(exchange)
            case .authenticated(let handle):
                let principal = try await authenticate(exchange)
                access.principal = principal.id
                access.standing = try limits.count(principal) ?? access.standing
                guard principal.isConfirmed || endpoint.takesUnconfirmed else { throw Self.unconfirmed }
                do {
                    // Who may not do this learns nothing about how it is asked for.
                    if let contract = endpoint.contract { try principal.require(anyOf: contract.permissions) }
                    try exchange.readQuery(endpoint.contract)
                    return try await handle(exchange, principal)
                } catch let refusal as AccessRefusal {
                    if let contract = endpoint.contract { await refusedActs.note(refusal, of: contract, exchange, principal) }
                    throw refusal
                }
            }
        }
    }

    private func authenticate(_ exchange: Exchange) async throws(Problem) -> Principal {
        guard let bearer = exchange.bearer else {
            throw Problem(
                .unauthenticated, "Send an API key or an access token in the header Authorization: Bearer ...",
                headers: [.wwwAuthenticate: #"Bearer realm="helpdesk""#])
        }
        do {
            return try await authenticator.principal(bearer: String(bearer))
        } catch {
            switch error {
            case .refused:
                throw Problem(
                    .unauthenticated,
                    "The key or token is not one of ours, or it was revoked or has expired; refresh or sign in again, or ask for another key.",
                    headers: [.wwwAuthenticate: #"Bearer realm="helpdesk", error="invalid_token""#])
            case .unavailable, .busy:
                throw Self.unconfirmed
            }
        }
    }

    private static let unconfirmed = Problem.unavailable(
        .identityUnavailable, "The database that knows keys and sessions does not answer; nothing was done. Try again.")

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
            if let problem = Problem(identityError: error) ?? Problem(databaseError: error) { return problem }
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
        response.headers.append(HTTPField(name: .referrerPolicy, value: "no-referrer"))
        response.headers.append(HTTPField(name: .resourcePolicy, value: "same-origin"))
        // The documentation's page needs more than nothing.
        if response.headers[.contentSecurityPolicy] == nil {
            response.headers.append(HTTPField(name: .contentSecurityPolicy, value: "default-src 'none'; frame-ancestors 'none'"))
        }
        if isSecure { response.headers.append(HTTPField(name: .strictTransportSecurity, value: "max-age=31536000")) }
        // Nearly every answer depends on the caller's key.
        if response.headers[.cacheControl] == nil { response.headers.append(HTTPField(name: .cacheControl, value: "no-store")) }
        if let standing = access.standing, response.headers[.rateLimit] == nil {
            response.headers.append(HTTPField(name: .rateLimit, value: standing.limit))
            response.headers.append(HTTPField(name: .rateLimitPolicy, value: standing.policy))
        }
        origins.decorate(&response.headers, for: access.origin)
    }

    private func finish(_ request: Request, _ access: Access, status: Int, _ started: ContinuousClock.Instant) {
        let duration = ContinuousClock.now - started
        metrics.observe(endpoint: access.endpoint, status: status, duration)
        logger.info(
            "request",
            [
                .method: .string(request.method.rawValue), .route: .string(access.endpoint.map { table.endpoints[$0].path } ?? "none"),
                .status: .stringConvertible(status), .durationMilliseconds: .stringConvertible(duration.roundedMilliseconds),
                .principal: .string(access.principal ?? "none"), .address: .string(access.client?.description ?? "none"),
                .correlationID: .string(access.requestID),
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
