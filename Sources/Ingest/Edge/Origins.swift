import Foundation
import HTTPTypes
import Hummingbird
import NIOCore

/// What pages of other sites may do with a browser that reaches the gateway (CORS), and what they may not.
struct Origins: Sendable {
    /// Origins such as `https://desk.example.org` whose pages may call the API.
    let allowed: Set<String>

    static let maximumAge = 600
    static let exposed = [
        "ETag", "Idempotency-Key", "Location", "Preference-Applied", "RateLimit", "RateLimit-Policy", "Retry-After", "WWW-Authenticate",
        "X-Request-Id"
    ].joined(separator: ", ")
    static let requestHeaders = [
        "Authorization", "Content-Type", "Idempotency-Key", "If-Match", "If-None-Match", "Prefer", "X-Request-Id", "traceparent"
    ].joined(separator: ", ")

    /// Whether the text is an origin: a scheme and an authority, and nothing behind it.
    static func isOrigin(_ text: String) -> Bool {
        guard let match = text.wholeMatch(of: /(https?):\/\/(\[[0-9a-f:.]+\]|[a-z0-9.-]+)(:[0-9]{1,5})?/) else { return false }
        let isDefault = (match.1 == "http" && match.3 == ":80") || (match.1 == "https" && match.3 == ":443")
        return !isDefault
    }

    /// The origin of the page that asks, when it is one that may; nil for any other request.
    func admitted(_ request: Request) -> String? { request.headers[.origin].flatMap { allowed.contains($0) ? $0 : nil } }

    /// Does nothing for a request that may be looked at.
    /// - Throws: `Problem` for a page of a site that is not allowed, when the request might change something. Reading is left to the browser,
    ///   which keeps the answer from the page.
    func check(_ request: Request) throws(Problem) {
        guard let origin = request.headers[.origin] else {
            // A browser that says the request is another site's, without naming that site: a form or a link.
            guard request.headers[.secFetchSite] == "cross-site", !request.method.isReading else { return }
            throw Self.refusal
        }
        if allowed.contains(origin) || request.method.isReading || Self.isOwn(origin, request) { return }
        throw Self.refusal
    }

    /// The answer to a browser that asks before it sends (a preflight); nil when the request is none.
    /// - Parameter methods: that the path takes.
    func preflight(_ request: Request, methods: () -> String?) throws(Problem) -> Response? {
        guard request.method == .options, let origin = request.headers[.origin], request.headers[.accessControlRequestMethod] != nil else {
            return nil
        }
        guard allowed.contains(origin) else { throw Self.refusal }
        guard let methods = methods() else { return nil }
        return Response(
            status: .noContent,
            headers: [
                .accessControlAllowMethods: methods, .accessControlAllowHeaders: Self.requestHeaders,
                .accessControlMaxAge: String(Self.maximumAge)
            ])
    }

    func decorate(_ headers: inout HTTPFields, for origin: String?) {
        guard !allowed.isEmpty else { return }
        headers.append(HTTPField(name: .vary, value: "Origin"))
        guard let origin else { return }
        headers[.accessControlAllowOrigin] = origin
        headers[.accessControlExposeHeaders] = Self.exposed
    }

    /// A page that the gateway served itself. The scheme may have been changed by a proxy.
    private static func isOwn(_ origin: String, _ request: Request) -> Bool {
        guard let host = request.head.authority, let end = origin.range(of: "://") else { return false }
        return origin[end.upperBound...].lowercased() == host.lowercased()
    }

    private static let refusal = Problem(
        .crossSite, "A page of another site sent this, and its origin is not one that the gateway allows (cors.origins); nothing was done.")
}

extension HTTPRequest.Method {
    /// Changes nothing.
    fileprivate var isReading: Bool { self == .get || self == .head || self == .options }
}
