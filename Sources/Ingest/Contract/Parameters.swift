import Domain
import HTTPTypes
import Hummingbird

/// A query parameter without its static type.
protocol DeclaredParameter: Sendable {
    var name: String { get }
    var schema: JSONTree { get }
    var about: String { get }
}

/// A query parameter: declared once, for the route that reads it and for the document.
///
/// ```swift
/// static let limit = QueryParameter.int("limit", 1...200, default: 50, "How many at most.")
/// let limit = try exchange.query(Self.limit) ?? 50
/// ```
struct QueryParameter<Value: Sendable>: DeclaredParameter {
    let name: String
    let schema: JSONTree
    let about: String
    /// What is expected of it, as problems say it.
    let expected: String
    /// Nil refuses the text.
    let read: @Sendable (String) -> Value?
}

extension QueryParameter where Value == Int {
    /// A whole number within a range.
    /// - Parameter default: what the route takes when it is absent; for the document.
    static func int(_ name: String, _ range: ClosedRange<Int>, default value: Int? = nil, _ about: String) -> QueryParameter {
        var schema: JSONTree = ["type": "integer", "minimum": .int(range.lowerBound), "maximum": .int(range.upperBound)]
        if let value { schema["default"] = .int(value) }
        return QueryParameter(
            name: name, schema: schema, about: about, expected: "a whole number from \(range.lowerBound) to \(range.upperBound)",
            read: { text in Int(text).flatMap { range.contains($0) ? $0 : nil } })
    }
}

extension QueryParameter where Value == Bool {
    static func flag(_ name: String, _ about: String) -> QueryParameter {
        QueryParameter(
            name: name, schema: ["type": "boolean"], about: about, expected: "true or false",
            read: { ["true": true, "false": false][$0] })
    }
}

extension QueryParameter where Value == String {
    /// A text of 1 to so many characters without U+0000.
    static func text(_ name: String, _ limit: Int, _ about: String) -> QueryParameter {
        QueryParameter(
            name: name, schema: ["type": "string", "minLength": 1, "maxLength": .int(limit), "pattern": .string(Note.withoutNull)],
            about: about, expected: "a text of 1 to \(limit) characters", read: { $0.unicodeScalars.count <= limit ? $0 : nil })
    }
}

extension QueryParameter where Value: CaseIterable & RawRepresentable<String> {
    /// One of an enum's words.
    static func choice(_ name: String, _ about: String) -> QueryParameter {
        let words = Value.allCases.map(\.rawValue)
        return QueryParameter(
            name: name, schema: ["type": "string", "enum": JSONTree(words: words)], about: about,
            expected: "one of " + words.joined(separator: ", "), read: { Value(rawValue: $0) })
    }
}

extension QueryParameter {
    /// Anything else: `schema` and `read` must agree.
    static func custom(
        _ name: String, schema: JSONTree, expected: String, _ about: String, read: @escaping @Sendable (String) -> Value?
    ) -> QueryParameter {
        QueryParameter(name: name, schema: schema, about: about, expected: expected, read: read)
    }
}

/// An open part of a path. What does not fit is not there: 404.
struct PathParameter: Sendable {
    /// As the path has it in braces.
    let name: String
    let schema: JSONTree
    let about: String

    static let otherTicket = PathParameter(name: "other", schema: ["type": "string", "format": "uuid"], about: "The other ticket.")
    static let ticket = PathParameter(name: "id", schema: ["type": "string", "format": "uuid"], about: "The ticket.")
}

/// A header that a route reads.
struct HeaderParameter: Sendable {
    let name: String
    let schema: JSONTree
    let about: String
    var isRequired = false
    /// That follow from it.
    var problems: [ProblemType] = []

    static let idempotencyKey = HeaderParameter(
        name: "Idempotency-Key", schema: ["type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[ -~]+$"],
        about:
            "Your own name for this request. Sent again with the same key, it is not done twice, and answers as before, but for a secret that is shown once.",
        problems: [.invalidHeader, .idempotencyConflict])

    static let ifMatch = HeaderParameter(
        name: "If-Match", schema: ["type": "string", "pattern": #"^(\*|"[0-9]{1,9}"(, ?"[0-9]{1,9}")*)$"#],
        about: "The `ETag` of what you have seen, so that nobody's change is lost; `*` for whatever it is now (RFC 9110).",
        isRequired: true, problems: [.invalidHeader, .versionRequired, .versionMismatch])

    static let prefer = HeaderParameter(
        name: "Prefer", schema: ["type": "string"],
        about: "`wait=N`: wait up to N seconds, at most \(Preference.longestWait), for the result. Anything else is passed over (RFC 7240).")
}

/// A header of an answer.
struct ResponseHeader: Sendable {
    let name: String
    let schema: JSONTree
    let about: String
    /// Whether every such answer has it.
    var isRequired = true

    static let requestID = ResponseHeader(
        name: "X-Request-Id", schema: ["type": "string", "pattern": "^[A-Za-z0-9._-]{1,128}$"],
        about: "The request's name in the logs: yours, where you sent a usable one.")
    static let location = ResponseHeader(name: "Location", schema: ["type": "string"], about: "The path of what was made or is being made.")
    static let disposition = ResponseHeader(
        name: "Content-Disposition", schema: ["type": "string"], about: "That it is a file, and what to call it (RFC 6266).")
    static let etag = ResponseHeader(
        name: "ETag", schema: ["type": "string", "pattern": #"^"\d+"$"#], about: "Its version, for `If-Match`.")
    static let authenticate = ResponseHeader(
        name: "WWW-Authenticate", schema: ["type": "string"], about: "How to prove who you are (RFC 6750).")
    static let retryAfter = ResponseHeader(
        name: "Retry-After", schema: ["type": "integer", "minimum": 1], about: "Seconds after which another attempt makes sense.")
    static let rateLimit = ResponseHeader(
        name: "RateLimit", schema: ["type": "string"],
        about: "What is left (`r`) of the quota, and the seconds (`t`) until it is full again (draft-ietf-httpapi-ratelimit-headers).",
        isRequired: false)
    static let rateLimitPolicy = ResponseHeader(
        name: "RateLimit-Policy", schema: ["type": "string"], about: "The quota: `q` requests within `w` seconds.", isRequired: false)
    static let preferenceApplied = ResponseHeader(
        name: "Preference-Applied", schema: ["type": "string"], about: "The preference that was followed.", isRequired: false)
}

extension Exchange {
    /// Reads the query as the contract declares it.
    mutating func readQuery(_ contract: RouteContract?) throws(Problem) {
        guard let contract else { return }
        query = try QueryParameters(target: request.head.path ?? "", allowed: contract.query.map(\.name))
    }

    /// A query parameter's value; nil when it is absent.
    /// - Throws: `Problem` for a value that does not fit.
    func query<Value>(_ parameter: QueryParameter<Value>) throws(Problem) -> Value? { try query.read(parameter) }
}

extension QueryParameters {
    /// A parameter's value; nil when it is absent.
    /// - Throws: `Problem` for a value that does not fit.
    func read<Value>(_ parameter: QueryParameter<Value>) throws(Problem) -> Value? {
        guard let text = self[parameter.name] else { return nil }
        guard let value = parameter.read(text) else {
            throw .query(parameter.name, expected: parameter.expected, found: Self.shown(text))
        }
        return value
    }
}
