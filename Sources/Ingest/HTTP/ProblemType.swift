/// The kinds of problem that the gateway answers with. Each has a URI that never changes its meaning; clients tell problems apart by it.
enum ProblemType: String, CaseIterable, Sendable {
    case invalidJSON = "invalid-json"
    case invalidQuery = "invalid-query"
    case invalidHeader = "invalid-header"
    case unauthenticated
    case invalidCredentials = "invalid-credentials"
    case forbidden
    case crossSite = "cross-site"
    case ticketNotFound = "ticket-not-found"
    case notFound = "not-found"
    case routeNotFound = "route-not-found"
    case methodNotAllowed = "method-not-allowed"
    case notAcceptable = "not-acceptable"
    case requestTimeout = "request-timeout"
    case alreadyExists = "already-exists"
    case lastAdministrator = "last-administrator"
    case roleInUse = "role-in-use"
    case builtInRole = "built-in-role"
    case bodyTooLarge = "body-too-large"
    case rateLimited = "rate-limited"
    case tooManyAttempts = "too-many-attempts"
    case tooManyStreams = "too-many-streams"
    case tooManyExports = "too-many-exports"
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
    case streamsUnavailable = "streams-unavailable"

    /// The `type` member (RFC 9457 section 3.1.1). A URN: it names, and does not ask to be fetched.
    var uri: String { "urn:esi-ai-helpdesk:problem:" + rawValue }

    var status: Int {
        switch self {
        case .invalidJSON, .invalidQuery, .invalidHeader: 400
        case .unauthenticated, .invalidCredentials: 401
        case .forbidden, .crossSite: 403
        case .ticketNotFound, .notFound, .routeNotFound: 404
        case .methodNotAllowed: 405
        case .notAcceptable: 406
        case .requestTimeout: 408
        case .alreadyExists, .lastAdministrator, .roleInUse, .builtInRole: 409
        case .bodyTooLarge: 413
        case .unsupportedMediaType: 415
        case .requestInFlight, .stateConflict: 409
        case .versionMismatch: 412
        case .versionRequired: 428
        case .invalidFields, .idempotencyConflict: 422
        case .rateLimited, .tooManyAttempts, .tooManyStreams, .tooManyExports: 429
        case .internalError: 500
        case .outcomeUnknown, .databaseUnavailable, .identityUnavailable, .streamsUnavailable: 503
        }
    }

    /// The same for every occurrence (RFC 9457 section 3.1.3).
    var title: String {
        switch self {
        case .invalidJSON: "The body is not JSON"
        case .invalidQuery: "A query parameter cannot be taken"
        case .invalidHeader: "A header cannot be taken"
        case .unauthenticated: "A valid API key or access token is needed"
        case .invalidCredentials: "The credentials are not good"
        case .forbidden: "The caller may not do this"
        case .crossSite: "Another site's page may not do this"
        case .ticketNotFound: "There is no such ticket"
        case .notFound: "There is no such thing"
        case .routeNotFound: "There is nothing at this path"
        case .methodNotAllowed: "The path does not take this method"
        case .notAcceptable: "There is no answer of an accepted type"
        case .requestTimeout: "The request took too long to arrive"
        case .alreadyExists: "Something of this name exists"
        case .lastAdministrator: "The last administrator stays"
        case .roleInUse: "The role is in use"
        case .builtInRole: "The role is built in"
        case .bodyTooLarge: "The body is too large"
        case .rateLimited: "Too many requests"
        case .tooManyAttempts: "Too many attempts to sign in"
        case .tooManyStreams: "Too many open streams"
        case .tooManyExports: "Too many exports at once"
        case .unsupportedMediaType: "The body has a type that is not taken"
        case .invalidFields: "A field of the body cannot be taken"
        case .idempotencyConflict: "The idempotency key belongs to another body"
        case .requestInFlight: "The same request is being done"
        case .stateConflict: "The ticket does not allow this as it stands"
        case .versionMismatch: "It has changed since you read it"
        case .versionRequired: "The version that is meant must be named"
        case .internalError: "The gateway failed"
        case .outcomeUnknown: "Whether this was accepted is unknown"
        case .databaseUnavailable: "The database cannot be reached"
        case .identityUnavailable: "Keys, tokens or passwords cannot be checked now"
        case .streamsUnavailable: "No stream can be opened now"
        }
    }

    /// What it means for a client, and what to do: a paragraph of docs/problems.md.
    var advice: String {
        switch self {
        case .invalidJSON: "Send one JSON object in UTF-8."
        case .invalidQuery: "A parameter is unknown, comes twice or has a value that does not fit; `errors` names it. Correct it and ask again."
        case .invalidHeader: "`errors` names the header and what is expected of it."
        case .unauthenticated:
            "There is no key or token, or it is unknown, revoked or expired. Refresh the token or sign in again, or ask an administrator for another key; nothing was done."
        case .invalidCredentials:
            "Login and password do not belong together, the account is not open, or the refresh token is not good any more; which of these is not told. Sign in again."
        case .forbidden: "The caller is known and lacks a permission, which `detail` names. Asking again does not help."
        case .crossSite: "Nothing was done. Call the gateway from a page of its own, or have the page's origin added to `cors.origins`."
        case .ticketNotFound:
            "It does not exist, or not for this caller: both are told alike. One that was submitted a moment ago appears once it is classified."
        case .notFound: "The account, role, key or session does not exist, or has ended already."
        case .routeNotFound: "The path is not one of the API's; `/openapi.json` lists them."
        case .methodNotAllowed: "The header Allow lists the methods that the path takes."
        case .notAcceptable: "`detail` names the types that there are. Send one of them in Accept, or leave it out."
        case .requestTimeout: "The body came too slowly; nothing was done. Send the whole request again."
        case .alreadyExists: "Nothing was done. Choose another name, or use what is there."
        case .lastAdministrator: "Nobody could administer the help desk any more. Make another administrator first, one who has set a password."
        case .roleInUse: "Take the role from the accounts, and revoke the keys, that have it; then remove it."
        case .builtInRole: "`admin`, `agent` and `end_user` cannot be removed, and `admin` keeps every permission."
        case .bodyTooLarge: "Nothing was done. Send less."
        case .rateLimited:
            "Nothing was done. Wait as many seconds as Retry-After says; RateLimit and RateLimit-Policy tell what is left of which quota."
        case .tooManyAttempts:
            "Nothing was checked. Wait as many seconds as Retry-After says. The wait doubles with each further attempt, whether the login exists or not."
        case .tooManyStreams: "The caller has as many streams open as one may have. Close one; a stream that ended is counted no longer."
        case .tooManyExports:
            "As many exports are going on as the gateway, or one caller, may have. Wait as many seconds as Retry-After says, or longer."
        case .unsupportedMediaType: "Send JSON with `Content-Type: application/json`."
        case .invalidFields: "`errors` names each field, what is expected and what came. Nothing was done."
        case .idempotencyConflict: "The same Idempotency-Key came with another body before. Nothing was done; use a new key for a new request."
        case .requestInFlight: "A request with this Idempotency-Key is being done just now. Ask again after Retry-After, with the same key and body."
        case .stateConflict:
            "`detail` says what stands against it: a state that does not lead there, a ticket that has ended, a merge that would go in a circle."
        case .versionMismatch: "Nothing was done. Read it again, look at what has changed, and send the edit with its new ETag in If-Match."
        case .versionRequired: "Send If-Match with the ETag of what you read, or `*` for whatever it is now."
        case .internalError: "A fault of the gateway. Whether something was done is unknown; with an Idempotency-Key it is safe to send it again."
        case .outcomeUnknown:
            "The event log did not confirm in time. Send the same request again with the header Idempotency-Key set to `idempotencyKey`: it will not be done twice."
        case .databaseUnavailable: "Nothing was done. Try again after Retry-After; submitting tickets works meanwhile."
        case .identityUnavailable: "Whether the key, token or password is good cannot be told now; nothing was done. Try again after Retry-After."
        case .streamsUnavailable:
            "The gateway has as many streams open as it carries, or does not follow the log of changes just now. Try again after Retry-After, and read the list meanwhile."
        }
    }
}
