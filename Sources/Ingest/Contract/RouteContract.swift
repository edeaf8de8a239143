import Domain

/// What a route promises, declared beside it. The router enforces what it can of it (parameters, permissions), `/openapi.json` is made from
/// it, and the tests hold every answer against it.
///
/// ```swift
/// Endpoint(
///     .post, "/v1/tickets/{id}/messages",
///     RouteContract(
///         "addMessage", "Reply to a ticket or note something on it", .tickets, path: [.ticket], headers: [.idempotencyKey],
///         body: .json(ReplyRequest.self, example: ["body": "It works again, thank you."]), responses: [.accepted(ReplyAccepted.self, headers: [.location])],
///         problems: [.forbidden, .ticketNotFound]),
///     authenticated: reply)
/// ```
struct RouteContract: Sendable {
    /// A group of operations in the documentation.
    enum Tag: String, CaseIterable, Sendable {
        case tickets = "Tickets"
        case identity = "Identity"
        case administration = "Administration"
        case operations = "Operations"

        var about: String {
            switch self {
            case .tickets: "Submitting, reading and working tickets."
            case .identity: "Signing in, and what everyone may see and do about themselves."
            case .administration: "Accounts, roles, API keys and the audit log."
            case .operations: "What monitoring and tools ask for."
            }
        }
    }

    /// Unique, camelCase: the method's name in generated clients.
    let id: String
    let summary: String
    let tag: Tag
    /// More, in Markdown.
    let details: String
    /// One of these is needed; checked before the handler is called. Empty: what the caller may not see is not there for it.
    let permissions: [Permission]
    /// The open parts of the path, in order.
    let path: [PathParameter]
    /// Any other parameter, and one that comes twice, is refused.
    let query: [any DeclaredParameter]
    let headers: [HeaderParameter]
    let body: RequestBody?
    let responses: [DeclaredResponse]
    /// Besides those that follow from the rest, see `allProblems`.
    let problems: [ProblemType]

    init(
        _ id: String, _ summary: String, _ tag: Tag, details: String = "", permissions: [Permission] = [], path: [PathParameter] = [],
        query: [any DeclaredParameter] = [], headers: [HeaderParameter] = [], body: RequestBody? = nil, responses: [DeclaredResponse],
        problems: [ProblemType] = []
    ) {
        self.id = id
        self.summary = summary
        self.tag = tag
        self.details = details
        self.permissions = permissions
        self.path = path
        self.query = query
        self.headers = headers
        self.body = body
        self.responses = responses
        self.problems = problems
    }

    /// Every problem that the route answers with.
    /// - Parameters:
    ///   - isAuthenticated: for holders of a key or token only.
    ///   - isWriting: other than GET.
    func allProblems(isAuthenticated: Bool, isWriting: Bool) -> Set<ProblemType> {
        var all = Set(problems).union([.invalidQuery, .rateLimited, .internalError])
        if isWriting { all.insert(.crossSite) }
        if isAuthenticated { all.formUnion([.unauthenticated, .identityUnavailable, .databaseUnavailable]) }
        if !permissions.isEmpty { all.insert(.forbidden) }
        if body != nil { all.formUnion([.invalidJSON, .invalidFields, .bodyTooLarge, .unsupportedMediaType, .requestTimeout]) }
        for header in headers { all.formUnion(header.problems) }
        return all
    }
}

/// The body that a route takes.
struct RequestBody: Sendable {
    let type: any (Decodable & SendableMetatype).Type
    /// What a reader of the documentation starts from.
    let example: JSONTree

    /// JSON of a type that is decoded.
    static func json(_ type: any (Decodable & SendableMetatype).Type, example: JSONTree) -> RequestBody { RequestBody(type: type, example: example) }
}

/// An answer of success.
struct DeclaredResponse: Sendable {
    enum Content: Sendable {
        case none
        /// JSON of a type that is encoded. It must be Codable, or describe itself (`SelfDescribing`).
        case json(any (Encodable & SendableMetatype).Type)
        /// Something else, with its media type.
        case other(String)
        /// One of several media types, each a text of many documents of these types; of none where they are no JSON.
        case items([String: [any (Encodable & SendableMetatype).Type]])
    }

    let status: Int
    let about: String
    let content: Content
    let headers: [ResponseHeader]

    init(_ status: Int, _ about: String, _ content: Content, headers: [ResponseHeader] = []) {
        self.status = status
        self.about = about
        self.content = content
        self.headers = headers
    }

    static func ok(_ type: any (Encodable & SendableMetatype).Type, _ about: String = "What was asked for.", headers: [ResponseHeader] = [])
        -> DeclaredResponse
    {
        DeclaredResponse(200, about, .json(type), headers: headers)
    }

    static func created(_ type: any (Encodable & SendableMetatype).Type, _ about: String = "It was made.", headers: [ResponseHeader] = [])
        -> DeclaredResponse
    {
        DeclaredResponse(201, about, .json(type), headers: headers)
    }

    static func accepted(
        _ type: any (Encodable & SendableMetatype).Type, _ about: String = "It is on the log and will be done.", headers: [ResponseHeader] = []
    ) -> DeclaredResponse {
        DeclaredResponse(202, about, .json(type), headers: headers)
    }

    static func noContent(_ about: String = "It was done.", headers: [ResponseHeader] = []) -> DeclaredResponse {
        DeclaredResponse(204, about, .none, headers: headers)
    }
}
