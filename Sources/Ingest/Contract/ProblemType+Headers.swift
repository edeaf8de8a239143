extension ProblemType {
    /// The headers that come with it, besides those of every answer.
    var headers: [ResponseHeader] {
        switch self {
        case .unauthenticated, .invalidCredentials: [.authenticate]
        case .rateLimited: [.retryAfter, .rateLimit, .rateLimitPolicy]
        case .tooManyAttempts, .tooManyStreams, .tooManyExports, .outcomeUnknown, .databaseUnavailable, .identityUnavailable, .streamsUnavailable:
            [.retryAfter]
        default: []
        }
    }
}
