public import Access
public import Foundation
public import Stores
import Domain

/// Where sessions are looked up.
public protocol SessionSource: Sendable {
    func grants(for sessions: [UUID]) async throws -> [UUID: SessionGrant]
    func noteUsed(_ sessions: [UUID]) async throws
}

extension Sessions: SessionSource {}

/// Who is behind what stands after `Bearer`: an API key or an access token.
///
/// A token's signature says who signed in; the session says whether they still may, and what. Sessions are remembered and confirmed as keys are, so a
/// role that was revoked, a password that was reset or an account that was deactivated is in force everywhere after one round. Only where the database
/// cannot be asked and the session is not known does the token speak alone, for what is left of its ten minutes: such a principal is unconfirmed
/// (`Principal.isConfirmed`), and it is for the caller to say what that is good for.
public final class Authenticator: Sendable {
    public let keys: KeyRing
    public let tokens: TokenKeys
    private let sessions: TrustRing<UUID>

    public init(
        keys: KeyRing, tokens: TokenKeys, sessions source: any SessionSource, settings: KeyRing.Settings = .init(),
        now: @escaping @Sendable () -> ContinuousClock.Instant = { .now }, date: @escaping @Sendable () -> Date = { Date() }
    ) {
        self.keys = keys
        self.tokens = tokens
        sessions = TrustRing(
            .init(
                confirm: { try await source.grants(for: $0).values.map(Self.trusted) },
                noteUsed: { try await source.noteUsed($0) }),
            settings: settings, now: now, date: date)
    }

    public func principal(bearer: String) async throws(AuthenticationError) -> Principal {
        if bearer.hasPrefix(KeySecret.Kind.apiKey.rawValue) { return try await keys.principal(forKey: bearer) }
        let claims = try await tokens.verify(bearer)
        let principal: Principal
        do {
            principal = try await sessions.principal(claims.sid)
        } catch .unavailable {
            return claims.principal
        }
        guard principal.signIn?.account == claims.sub else { throw .refused }
        return principal
    }

    /// Asks the store about everything that is remembered.
    /// - Throws: what the store throws; all stays as it was.
    public func refresh() async throws {
        try await keys.refresh()
        try await sessions.refresh()
        try await tokens.refresh()
    }

    /// The session has ended here: this gateway need not wait for the next round.
    public func forget(session: UUID) { sessions.forget(session) }

    /// Sessions remembered now.
    public var sessionCount: Int { sessions.count }

    private static func trusted(_ grant: SessionGrant) -> Trusted<UUID> {
        Trusted(
            name: grant.session,
            principal: Principal(
                id: grant.account.reference, role: grant.account.roles.joined(separator: ","), permissions: grant.permissions,
                requesterID: grant.account.requesterID, persona: grant.account.persona,
                signIn: SignIn(account: grant.account.id, session: grant.session)),
            id: grant.session, expiresAt: grant.expiresAt)
    }
}
