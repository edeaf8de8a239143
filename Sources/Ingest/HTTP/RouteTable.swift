import Access
import HTTPTypes
import Hummingbird

/// One operation of the gateway, as data: what the router, the metrics and the contract's test read.
struct Endpoint: Sendable {
    enum Handling: Sendable {
        /// For anyone.
        case open(@Sendable (Exchange) async throws -> Response)
        /// For the holder of a key.
        case authenticated(@Sendable (Exchange, Principal) async throws -> Response)
    }

    let method: HTTPRequest.Method
    /// The path with its open parts in braces: `/v1/tickets/{id}`.
    let path: String
    /// What it promises. One without is found by the contract's test.
    let contract: RouteContract?
    let handling: Handling
    /// Whether it is also for a caller of whom only a token's signature speaks, because the session could not be looked up: for what must be taken
    /// while the database is away.
    let takesUnconfirmed: Bool

    init(
        _ method: HTTPRequest.Method, _ path: String, _ contract: RouteContract? = nil,
        open: @escaping @Sendable (Exchange) async throws -> Response
    ) {
        self.method = method
        self.path = path
        self.contract = contract
        handling = .open(open)
        takesUnconfirmed = false
    }

    init(
        _ method: HTTPRequest.Method, _ path: String, _ contract: RouteContract? = nil, takesUnconfirmed: Bool = false,
        authenticated: @escaping @Sendable (Exchange, Principal) async throws -> Response
    ) {
        self.method = method
        self.path = path
        self.contract = contract
        handling = .authenticated(authenticated)
        self.takesUnconfirmed = takesUnconfirmed
    }

    var isAuthenticated: Bool {
        if case .authenticated = handling { true } else { false }
    }
}

/// Finds the endpoint of a request.
struct RouteTable: Sendable {
    enum Match {
        /// The endpoint's place in `endpoints`, and the path's open parts.
        case found(Int, parameters: [Substring])
        /// The path is there, the method is not; `allow` has those that are.
        case otherMethods(allow: String)
        case nothing
    }

    private struct Pattern {
        /// Nil stands for an open part.
        let segments: [String?]
        var methods: [(HTTPRequest.Method, index: Int)]
    }

    let endpoints: [Endpoint]
    private let patterns: [Pattern]

    init(_ endpoints: [Endpoint]) {
        self.endpoints = endpoints
        var patterns: [String: Pattern] = [:]
        var order: [String] = []
        for (index, endpoint) in endpoints.enumerated() {
            if patterns[endpoint.path] == nil {
                order.append(endpoint.path)
                let segments = endpoint.path.split(separator: "/").map { $0.hasPrefix("{") ? nil : String($0) }
                patterns[endpoint.path] = Pattern(segments: segments, methods: [])
            }
            patterns[endpoint.path]?.methods.append((endpoint.method, index))
        }
        // Where a word and an open part both fit, the word is meant: /v1/tickets/stream is no ticket's id.
        self.patterns = order.compactMap { patterns[$0] }.sorted { first, second in
            first.segments.map { $0 == nil }.lexicographicallyPrecedes(second.segments.map { $0 == nil }) { !$0 && $1 }
        }
    }

    /// - Parameter target: the request's target: a path, perhaps with a query.
    func match(_ method: HTTPRequest.Method, target: String) -> Match {
        let path = target.utf8.firstIndex(of: UInt8(ascii: "?")).map { target[..<$0] } ?? target[...]
        guard path.utf8.first == UInt8(ascii: "/") else { return .nothing }
        let segments = path.dropFirst().split(separator: "/", omittingEmptySubsequences: false)
        for pattern in patterns where pattern.segments.count == segments.count {
            guard let parameters = Self.parameters(pattern.segments, segments) else { continue }
            if let found = pattern.methods.first(where: { $0.0 == method }) { return .found(found.index, parameters: parameters) }
            return .otherMethods(allow: pattern.methods.map(\.0.rawValue).joined(separator: ", "))
        }
        return .nothing
    }

    /// The methods that a path takes; nil when there is nothing at it.
    func methods(target: String) -> String? {
        switch match(.options, target: target) {
        case .otherMethods(let allow): allow
        case .found: HTTPRequest.Method.options.rawValue
        case .nothing: nil
        }
    }

    private static func parameters(_ pattern: [String?], _ segments: [Substring]) -> [Substring]? {
        var parameters: [Substring] = []
        for (expected, segment) in zip(pattern, segments) {
            if let expected {
                guard expected == segment else { return nil }
            } else {
                guard !segment.isEmpty else { return nil }
                parameters.append(segment)
            }
        }
        return parameters
    }
}
