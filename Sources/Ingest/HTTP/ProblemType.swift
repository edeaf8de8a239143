/// The kinds of problem that the gateway answers with. Each has a URI that never changes its meaning; clients tell problems apart by it.
enum ProblemType: String, CaseIterable, Sendable {
    case invalidJSON = "invalid-json"
    case invalidQuery = "invalid-query"
    case invalidHeader = "invalid-header"
    case unauthenticated
    case forbidden
    case ticketNotFound = "ticket-not-found"
    case routeNotFound = "route-not-found"
    case methodNotAllowed = "method-not-allowed"
    case requestTimeout = "request-timeout"
    case bodyTooLarge = "body-too-large"
    case rateLimited = "rate-limited"
    case unsupportedMediaType = "unsupported-media-type"
    case invalidFields = "invalid-fields"
    case idempotencyConflict = "idempotency-conflict"
    case requestInFlight = "request-in-flight"
    case stateConflict = "state-conflict"
    case versionMismatch = "version-mismatch"
    case versionRequired = "version-required"
    case internalError = "internal-error"
    case outcomeUnknown = "outcome-unknown"
    case databaseUnavailable = "database-unavailable"
    case identityUnavailable = "identity-unavailable"

    /// The `type` member (RFC 9457 section 3.1.1). A URN: it names, and does not ask to be fetched.
    var uri: String { "urn:esi-ai-helpdesk:problem:" + rawValue }

    var status: Int {
        switch self {
        case .invalidJSON, .invalidQuery, .invalidHeader: 400
        case .unauthenticated: 401
        case .forbidden: 403
        case .ticketNotFound, .routeNotFound: 404
        case .methodNotAllowed: 405
        case .requestTimeout: 408
        case .bodyTooLarge: 413
        case .unsupportedMediaType: 415
        case .requestInFlight, .stateConflict: 409
        case .versionMismatch: 412
        case .versionRequired: 428
        case .invalidFields, .idempotencyConflict: 422
        case .rateLimited: 429
        case .internalError: 500
        case .outcomeUnknown, .databaseUnavailable, .identityUnavailable: 503
        }
    }

    /// The same for every occurrence (RFC 9457 section 3.1.3).
    var title: String {
        switch self {
        case .invalidJSON: "The body is not JSON"
        case .invalidQuery: "A query parameter cannot be taken"
        case .invalidHeader: "A header cannot be taken"
        case .unauthenticated: "A valid API key is needed"
        case .forbidden: "The key does not allow this"
        case .ticketNotFound: "There is no such ticket"
        case .routeNotFound: "There is nothing at this path"
        case .methodNotAllowed: "The path does not take this method"
        case .requestTimeout: "The request took too long to arrive"
        case .bodyTooLarge: "The body is too large"
        case .rateLimited: "Too many requests"
        case .unsupportedMediaType: "The body has a type that is not taken"
        case .invalidFields: "A field of the body cannot be taken"
        case .idempotencyConflict: "The idempotency key belongs to another body"
        case .requestInFlight: "The same request is being done"
        case .stateConflict: "The ticket does not allow this as it stands"
        case .versionMismatch: "The ticket has changed"
        case .versionRequired: "The version that is meant must be named"
        case .internalError: "The gateway failed"
        case .outcomeUnknown: "Whether this was accepted is unknown"
        case .databaseUnavailable: "The database cannot be reached"
        case .identityUnavailable: "Keys cannot be checked now"
        }
    }
}
