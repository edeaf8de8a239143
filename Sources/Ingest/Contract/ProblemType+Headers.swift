extension ProblemType {
    /// The headers that come with it, besides those of every answer.
    var headers: [ResponseHeader] {
        switch self {
        case .unauthenticated: [.authenticate]
        case .rateLimited, .outcomeUnknown, .databaseUnavailable, .identityUnavailable: [.retryAfter]
        default: []
        }
    }
}
