public import Foundation
public import Stores
import Access
import Domain
import Crypto
import Synchronization

/// Where signing keys are kept.
public protocol SigningKeySource: Sendable {
    func inForce() async throws -> [StoredSigningKey]
    func extend(_ make: @Sendable ([StoredSigningKey], Date) throws -> StoredSigningKey?) async throws -> [StoredSigningKey]
}

extension SigningKeys: SigningKeySource {}

/// The signing keys as this process knows them, and the tokens made and checked with them. Checking asks nobody, so tokens go on being good while the
/// database is away.
///
/// A key signs for thirty days; the next one is stored a day before it begins to sign, so that every gateway and everyone who reads the key set knows it
/// by then. It verifies an hour longer.
public final class TokenKeys: Sendable {
    public struct Settings: Sendable {
        public var issuer = "esi-ai-helpdesk"
        public var audience = "esi-ai-helpdesk-api"
        /// How long an access token is good. Default 10 minutes.
        public var lifetime: Duration = .seconds(600)
        /// How far the clocks of gateways may be apart: a token is good this long before it begins.
        public var leeway: Duration = .seconds(30)

        public init() {}
    }

    static let signing: TimeInterval = 30 * 86_400, lead: TimeInterval = 86_400, verifying: TimeInterval = 3600

    private struct State {
        var keys: [String: SigningKey] = [:]
        var isLoaded = false
        /// When the store was last asked because of a token.
        var askedAt: ContinuousClock.Instant?
        /// Claims of tokens whose signature was right.
        var verified: [KeyDigest: (kid: String, claims: AccessClaims)] = [:]
    }

    private let source: any SigningKeySource
    public let settings: Settings
    private let date: @Sendable () -> Date
    private let state = Mutex(State())

    public init(_ source: any SigningKeySource, settings: Settings = Settings(), date: @escaping @Sendable () -> Date = { Date() }) {
        self.source = source
        self.settings = settings
        self.date = date
    }

    // MARK: Keys

    /// Reads the keys, and makes the next one when it is time.
    /// - Throws: what the store throws; the keys then stay as they are.
    public func refresh() async throws {
        var stored = try await source.inForce()
        if Self.missing(stored, now: date()) != nil { stored = try await source.extend(Self.missing) }
        let keys = stored.compactMap { stored -> SigningKey? in
            guard stored.algorithm == AccessToken.algorithm,
                let key = try? P256.Signing.PrivateKey(rawRepresentation: stored.privateKey)
            else { return nil }
            return SigningKey(
                id: stored.id, privateKey: key, signsFrom: stored.signsFrom, signsUntil: stored.signsUntil, verifiesUntil: stored.verifiesUntil)
        }
        state.withLock { state in
            state.keys = Dictionary(keys.map { ($0.id, $0) }) { first, _ in first }
            state.isLoaded = true
            state.verified = state.verified.filter { state.keys[$0.value.kid] != nil }
        }
    }

    /// The key that has to be made now; nil when none is missing.
    @Sendable static func missing(_ keys: [StoredSigningKey], now: Date) -> StoredSigningKey? {
        let end = keys.map(\.signsUntil).max() ?? .distantPast
        return end > now.addingTimeInterval(lead) ? nil : make(from: max(end, now))
    }

    /// A new key.
    public static func make(from start: Date) -> StoredSigningKey {
        let key = P256.Signing.PrivateKey()
        // The key's thumbprint in short: two keys never share an id, and the id tells nothing.
        let id = Base64URL.encode(SHA256.hash(data: key.publicKey.rawRepresentation).prefix(12))
        return StoredSigningKey(
            id: id, algorithm: AccessToken.algorithm, privateKey: Array(key.rawRepresentation), signsFrom: start,
            signsUntil: start.addingTimeInterval(signing), verifiesUntil: start.addingTimeInterval(signing + verifying))
    }

    /// The public keys, for those who verify our tokens; also the one that signs next.
    /// - Throws: `AuthenticationError.unavailable` before they were ever read.
    public func published() throws(AuthenticationError) -> [JSONWebKey] {
        let (keys, isLoaded) = state.withLock { (Array($0.keys.values), $0.isLoaded) }
        guard isLoaded else { throw .unavailable }
        return keys.sorted { ($0.signsFrom, $0.id) < ($1.signsFrom, $1.id) }.map(\.jwk)
    }

    // MARK: Tokens

    /// A token for a session in force.
    /// - Throws: `AuthenticationError.unavailable` when no key signs now.
    public func issue(for grant: SessionGrant) async throws(AuthenticationError) -> (token: String, claims: AccessClaims) {
        if signer == nil { try? await refresh() }
        guard let signer else { throw .unavailable }
        let now = Int(date().timeIntervalSince1970)
        let claims = AccessClaims(
            iss: settings.issuer, aud: settings.audience, sub: grant.account.id, sid: grant.session, jti: UUID(), iat: now, nbf: now,
            exp: now + Int(settings.lifetime.components.seconds), scope: grant.permissions.map(\.rawValue).sorted().joined(separator: " "),
            roles: grant.account.roles, requester: grant.account.requesterID, persona: grant.account.persona)
        guard let token = try? AccessToken.sign(claims, with: signer) else { throw .unavailable }
        return (token, claims)
    }

    /// What a token says, when it is ours and in force.
    /// - Throws: `AuthenticationError`: `unavailable` when it names a key that we do not know and the store cannot be asked.
    public func verify(_ token: String) async throws(AuthenticationError) -> AccessClaims {
        let digest = KeyDigest(of: token)
        if let known = state.withLock({ $0.verified[digest] }) { return try inForce(known.claims) }
        guard let parts = AccessToken.Parts(token) else { throw .refused }
        guard let key = try await key(parts.header.kid), parts.isSigned(by: key),
            let claims = try? JSONDecoder().decode(AccessClaims.self, from: Data(parts.payload))
        else { throw .refused }
        let inForce = try inForce(claims)
        state.withLock { state in
            // Expired ones are never asked for again: as good a moment as any to forget them all.
            if state.verified.count >= 10_000 { state.verified.removeAll(keepingCapacity: true) }
            state.verified[digest] = (key.id, claims)
        }
        return inForce
    }

    private func inForce(_ claims: AccessClaims) throws(AuthenticationError) -> AccessClaims {
        let now = date().timeIntervalSince1970, leeway = Double(settings.leeway.components.seconds)
        guard claims.iss == settings.issuer, claims.aud == settings.audience, Double(claims.exp) > now, Double(claims.nbf) <= now + leeway,
            Double(claims.iat) <= now + leeway
        else { throw .refused }
        return claims
    }

    private var signer: SigningKey? {
        let now = date()
        return state.withLock { state in
            state.keys.values.filter { $0.signsFrom <= now && now < $0.signsUntil }.max { ($0.signsFrom, $0.id) < ($1.signsFrom, $1.id) }
        }
    }

    /// The key of this id; nil when there is none. A stranger's id costs at most one question a second.
    private func key(_ id: String) async throws(AuthenticationError) -> SigningKey? {
        if let key = known(id) { return key }
        let mayAsk = state.withLock { state in
            let now = ContinuousClock.now
            if let asked = state.askedAt, now - asked < .seconds(1), state.isLoaded { return false }
            state.askedAt = now
            return true
        }
        guard mayAsk else { return nil }
        do { try await refresh() } catch { throw .unavailable }
        return known(id)
    }

    private func known(_ id: String) -> SigningKey? {
        let now = date()
        return state.withLock { $0.keys[id] }.flatMap { $0.verifiesUntil > now ? $0 : nil }
    }
}
