public import Access
public import Foundation
import Domain
import Stores

/// Why a key or token gives no principal.
public enum AuthenticationError: Error, Sendable, Equatable {
    /// Not a key or token, or one that is unknown, revoked or expired: they are told alike.
    case refused
    /// The store that knows could not be asked, so nothing may be said about it.
    case unavailable
    /// Too many unknown ones are being looked up; nothing may be said about this one either.
    case busy
}

/// Who holds which API key: a `TrustRing` by the keys' hashes.
public final class KeyRing: Sendable {
    public struct Settings: Sendable {
        /// How long a key or session goes on being believed after the last contact with the store. Default 15 minutes.
        public var trust: Duration = .seconds(15 * 60)
        /// Most remembered. Default 10,000.
        public var capacity = 10_000
        /// Most look-ups of unknown ones under way; more are told `busy`, so that guesses cannot use up the database. Default 64.
        public var lookups = 64

        public init() {}
    }

    private let ring: TrustRing<KeyDigest>

    public init(
        _ source: any KeySource, settings: Settings = Settings(),
        now: @escaping @Sendable () -> ContinuousClock.Instant = { .now }, date: @escaping @Sendable () -> Date = { Date() }
    ) {
        ring = TrustRing(
            .init(
                confirm: { digests in
                    let grants = try await source.grants(for: digests.map(\.bytes))
                    return digests.compactMap { digest in grants[digest.bytes].map { Self.trusted($0, digest) } }
                },
                noteUsed: { try await source.noteUsed($0) }),
            settings: settings, now: now, date: date)
    }

    /// The principal behind a key.
    public func principal(forKey text: String) async throws(AuthenticationError) -> Principal {
        guard let secret = KeySecret(text) else { throw .refused }
        return try await ring.principal(secret.digest)
    }

    /// Asks the store about every remembered key, even when there is none, and notes which were used since the last round.
    /// - Throws: What the store throws; the keys then stay as they are.
    public func refresh() async throws { try await ring.refresh() }

    /// Keys remembered now.
    public var count: Int { ring.count }

    private static func trusted(_ grant: ApiKeyGrant, _ digest: KeyDigest) -> Trusted<KeyDigest> {
        Trusted(
            name: digest,
            principal: Principal(
                id: "key:" + grant.key.id.canonical, role: grant.key.role, permissions: grant.permissions, requesterID: grant.key.requesterID,
                persona: grant.key.persona),
            id: grant.key.id, expiresAt: grant.key.expiresAt)
    }
}
