import Access
import HTTPTypes

/// The quotas of the gateway: for each address, and for each account or key.
struct RateLimits: Sendable {
    struct Settings: Sendable {
        var address: Quota? = Quota(requests: 20_000, window: .seconds(10))
        var key: Quota? = Quota(requests: 20_000, window: .seconds(10))
        var account: Quota? = Quota(requests: 300, window: .seconds(10))
    }

    private let address: RateLimiter<ClientAddress>?
    private let key: RateLimiter<String>?
    private let account: RateLimiter<String>?

    init(_ settings: Settings) {
        address = settings.address.map { RateLimiter("address", $0) }
        key = settings.key.map { RateLimiter("key", $0) }
        account = settings.account.map { RateLimiter("account", $0) }
    }

    /// What an answer says of the quota that was asked last.
    struct Standing: Sendable {
        let policy: String
        let limit: String

        /// Source: draft-ietf-httpapi-ratelimit-headers-10, sections 3 and 4.
        init<Key>(_ limiter: RateLimiter<Key>, _ verdict: RateLimiter<Key>.Verdict) {
            policy = limiter.policy
            limit = "\"\(limiter.name)\";r=\(verdict.remaining);t=\(verdict.reset)"
        }
    }

    /// Counts a request from an address, whoever it will turn out to be.
    /// - Throws: `Problem` when there were too many.
    func count(_ client: ClientAddress?) throws(Problem) -> Standing? {
        guard let address, let client else { return nil }
        return try Self.take(client.client, address, whose: "your address")
    }

    /// Counts a request of one who is known.
    /// - Throws: `Problem` when there were too many.
    func count(_ principal: Principal) throws(Problem) -> Standing? {
        let isKey = principal.id.hasPrefix("key:")
        guard let limiter = isKey ? key : account else { return nil }
        return try Self.take(principal.id, limiter, whose: isKey ? "your key" : "your account")
    }

    private static func take<Key>(_ key: Key, _ limiter: RateLimiter<Key>, whose: String) throws(Problem) -> Standing {
        let verdict = limiter.take(key)
        let standing = Standing(limiter, verdict)
        guard verdict.isAllowed else {
            throw Problem(
                .rateLimited,
                """
                There were more than \(limiter.quota.requests) requests within \(limiter.quota.seconds) s from \(whose); nothing was done. \
                Try again in \(verdict.retryAfter) s.
                """,
                headers: [.retryAfter: "\(verdict.retryAfter)", .rateLimit: standing.limit, .rateLimitPolicy: standing.policy])
        }
        return standing
    }
}
