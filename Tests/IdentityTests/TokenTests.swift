import Access
import Crypto
import Domain
import Foundation
import Stores
import Synchronization
import Testing

@testable import Identity

/// Signing keys in memory, shared by the gateways of a test.
final class TestSigningKeys: SigningKeySource {
    struct Away: Error {}

    private let state = Mutex((keys: [StoredSigningKey](), isAway: false))
    let time: TestTime

    init(_ time: TestTime) { self.time = time }

    var isAway: Bool {
        get { state.withLock { $0.isAway } }
        set { state.withLock { $0.isAway = newValue } }
    }

    var keys: [StoredSigningKey] {
        get { state.withLock { $0.keys } }
        set { state.withLock { $0.keys = newValue } }
    }

    func inForce() async throws -> [StoredSigningKey] {
        if isAway { throw Away() }
        return keys.filter { $0.verifiesUntil > time.today }
    }

    func extend(_ make: @Sendable ([StoredSigningKey], Date) throws -> StoredSigningKey?) async throws -> [StoredSigningKey] {
        try state.withLock { state in
            if state.isAway { throw Away() }
            if let new = try make(state.keys.filter { $0.verifiesUntil > time.today }, time.today) { state.keys.append(new) }
        }
        return try await inForce()
    }
}

/// Sessions in memory.
final class TestSessions: SessionSource {
    struct Away: Error {}

    private let state = Mutex((grants: [UUID: SessionGrant](), isAway: false))

    var isAway: Bool {
        get { state.withLock { $0.isAway } }
        set { state.withLock { $0.isAway = newValue } }
    }

    subscript(_ id: UUID) -> SessionGrant? {
        get { state.withLock { $0.grants[id] } }
        set { state.withLock { $0.grants[id] = newValue } }
    }

    func grants(for sessions: [UUID]) async throws -> [UUID: SessionGrant] {
        try state.withLock { state in
            if state.isAway { throw Away() }
            return state.grants.filter { sessions.contains($0.key) }
        }
    }

    func noteUsed(_ sessions: [UUID]) async throws {}
}

@Suite("Access tokens")
struct TokenTests {
    let time = TestTime()
    let source: TestSigningKeys
    let sessions = TestSessions()
    let grant: SessionGrant

    init() {
        source = TestSigningKeys(time)
        grant = SessionGrant(
            session: UUID(), account: Account(login: "ada", name: "Ada", persona: .operator, requesterID: "ada", roles: ["agent"], hasPassword: true),
            permissions: Role.agent.defaultPermissions, expiresAt: .distantFuture)
        sessions[grant.session] = grant
    }

    func gateway(_ change: (inout TokenKeys.Settings) -> Void = { _ in }) async throws -> TokenKeys {
        var settings = TokenKeys.Settings()
        change(&settings)
        let tokens = TokenKeys(source, settings: settings) { [time] in time.today }
        try await tokens.refresh()
        return tokens
    }

    func authenticator(_ tokens: TokenKeys) -> Authenticator {
        Authenticator(
            keys: KeyRing(TestKeySource()), tokens: tokens, sessions: sessions, now: { [time] in time.now }, date: { [time] in time.today })
    }

    func isRefused(_ token: String, by tokens: TokenKeys) async -> Bool {
        do {
            _ = try await tokens.verify(token)
            return false
        } catch {
            return error == .refused
        }
    }

    @Test("What one gateway signs another verifies, and the claims say who it is")
    func roundTrip() async throws {
        let first = try await gateway(), second = try await gateway()
        let (token, claims) = try await first.issue(for: grant)
        #expect(try await second.verify(token) == claims)
        #expect(claims.exp - claims.iat == 600 && claims.sub == grant.account.id && claims.sid == grant.session)
        #expect(try second.published().count == 1)
        let principal = try await authenticator(second).principal(bearer: token)
        #expect(
            principal.isConfirmed && principal.id == grant.account.reference && principal.permissions == Role.agent.defaultPermissions
                && principal.persona == .operator)
    }

    @Test("It ends after ten minutes, begins with at most thirty seconds of difference between clocks, and the cache of good ones knows it")
    func times() async throws {
        let tokens = try await gateway()
        let token = try await tokens.issue(for: grant).token
        time.advance(.seconds(599))
        _ = try await tokens.verify(token)
        time.advance(.seconds(1))
        #expect(await isRefused(token, by: tokens))
        time.advance(.seconds(-631))
        #expect(await isRefused(token, by: tokens), "not yet valid")
        time.advance(.seconds(1))
        _ = try await tokens.verify(token)
    }

    /// A token made by hand.
    func forge(
        header: String? = nil, key: P256.Signing.PrivateKey? = nil, _ change: (inout AccessClaims) -> Void = { _ in }
    ) async throws -> String {
        let stored = try #require(source.keys.last)
        let now = Int(time.today.timeIntervalSince1970)
        var claims = AccessClaims(
            iss: "esi-ai-helpdesk", aud: "esi-ai-helpdesk-api", sub: grant.account.id, sid: grant.session, jti: UUID(), iat: now, nbf: now,
            exp: now + 600, scope: "tickets.read.any", roles: ["admin"], requester: "ada", persona: .admin)
        change(&claims)
        let head = header ?? #"{"alg":"ES256","kid":"\#(stored.id)","typ":"at+jwt"}"#
        let text = Base64URL.encode(Array(head.utf8)) + "." + Base64URL.encode(try JSONEncoder().encode(claims))
        let signer = try key ?? P256.Signing.PrivateKey(rawRepresentation: stored.privateKey)
        return text + "." + Base64URL.encode(try signer.signature(for: Data(text.utf8)).rawRepresentation)
    }

    @Test("Forged by hand with our own key it is good: so what the next test refuses is refused for its reason")
    func control() async throws {
        let tokens = try await gateway()
        _ = try await tokens.verify(try await forge())
    }

    @Test("Another issuer, another audience, another key, times that do not fit")
    func claims() async throws {
        let tokens = try await gateway()
        let now = Int(time.today.timeIntervalSince1970)
        for change: (inout AccessClaims) -> Void in [
            { $0.iss = "somebody-else" }, { $0.aud = "another-api" }, { $0.exp = now }, { $0.exp = -1 }, { $0.nbf = now + 31 }, { $0.iat = now + 31 }
        ] {
            let token = try await forge(change)
            #expect(await isRefused(token, by: tokens))
        }
        let foreign = try await forge(key: P256.Signing.PrivateKey())
        #expect(await isRefused(foreign, by: tokens))
        let elsewhere = try await gateway { $0.issuer = "other" }
        let theirs = try await elsewhere.issue(for: grant).token
        #expect(await isRefused(theirs, by: tokens))
    }

    @Test("What the header asks for is not given: no algorithm, another one, another type, extensions, ids of other keys")
    func headers() async throws {
        let tokens = try await gateway()
        let id = try #require(source.keys.last).id
        for header in [
            #"{"alg":"none","kid":"\#(id)","typ":"at+jwt"}"#, #"{"alg":"None","kid":"\#(id)","typ":"at+jwt"}"#,
            #"{"alg":"HS256","kid":"\#(id)","typ":"at+jwt"}"#,
            #"{"alg":"ES384","kid":"\#(id)","typ":"at+jwt"}"#, #"{"alg":"es256","kid":"\#(id)","typ":"at+jwt"}"#,
            #"{"alg":"ES256","kid":"\#(id)","typ":"JWT"}"#,
            #"{"alg":"ES256","kid":"\#(id)","typ":"at+jwt","crit":["b64"],"b64":false}"#, #"{"alg":"ES256","typ":"at+jwt"}"#,
            #"{"alg":"ES256","kid":"","typ":"at+jwt"}"#, #"{"alg":"ES256","kid":"../../etc/passwd","typ":"at+jwt"}"#,
            #"{"alg":"ES256","kid":"x' OR '1'='1","typ":"at+jwt"}"#, #"{"alg":"ES256","kid":["\#(id)"],"typ":"at+jwt"}"#,
            #"{"alg":["ES256"],"kid":"\#(id)","typ":"at+jwt"}"#,
            "[]", "", "{"
        ] {
            let token = try await forge(header: header)
            #expect(await isRefused(token, by: tokens), "\(header)")
        }
        // A key that the token brings along is not used.
        let own = P256.Signing.PrivateKey()
        let point = Array(own.publicKey.rawRepresentation)
        let jwk = #"{"kty":"EC","crv":"P-256","x":"\#(Base64URL.encode(point[..<32]))","y":"\#(Base64URL.encode(point[32...]))"}"#
        let bringing = try await forge(
            header: #"{"alg":"ES256","kid":"\#(id)","typ":"at+jwt","jwk":\#(jwk),"jku":"http://127.0.0.1:1/keys"}"#, key: own)
        #expect(await isRefused(bringing, by: tokens))
    }

    @Test("A token that was changed anywhere, cut, padded or without its signature is refused")
    func tampered() async throws {
        let tokens = try await gateway()
        let token = try await tokens.issue(for: grant).token
        let parts = token.split(separator: ".").map(String.init)
        var variants = [
            parts[0] + "." + parts[1], parts[0] + "." + parts[1] + ".", "." + parts[1] + "." + parts[2], token + ".", token + "=", "a." + token, "",
            "...",
            token + "\u{0}", String(repeating: "A", count: 5000), parts[0] + "." + parts[1] + "." + Base64URL.encode([UInt8](repeating: 0, count: 64))
        ]
        for index in stride(from: 0, to: token.utf8.count, by: 17) {
            var bytes = Array(token.utf8)
            bytes[index] = bytes[index] == UInt8(ascii: "A") ? UInt8(ascii: "B") : UInt8(ascii: "A")
            variants.append(String(decoding: bytes, as: UTF8.self))
        }
        for variant in variants { #expect(await isRefused(variant, by: tokens), "\(variant.prefix(40))") }
    }

    @Test("Keys follow one another: the next is known to all before it signs, tokens of the last go on, and what is over verifies no more")
    func rotation() async throws {
        let first = try await gateway(), second = try await gateway()
        let token = try await first.issue(for: grant).token
        let kid = try #require(source.keys.first).id
        time.advance(.seconds(29 * 86_400 + 1))
        try await first.refresh()
        #expect(source.keys.count == 2)
        try await second.refresh()
        #expect(source.keys.count == 2, "one key, whoever makes it")
        let early = try await second.issue(for: grant).token
        #expect(try second.published().count == 2)
        #expect(AccessToken.Parts(early)?.header.kid == kid)
        time.advance(.seconds(86_400 - 100))
        let last = try await first.issue(for: grant).token
        time.advance(.seconds(200))
        let next = try await second.issue(for: grant).token
        #expect(AccessToken.Parts(last)?.header.kid == kid && AccessToken.Parts(next)?.header.kid != kid)
        _ = try await first.verify(next)
        _ = try await second.verify(last)
        time.advance(.seconds(3600))
        try await first.refresh()
        #expect(try first.published().count == 1)
        #expect(await isRefused(token, by: first))
    }

    @Test("Keys that were renewed at once end the tokens of the old ones, remembered or not")
    func renewed() async throws {
        let tokens = try await gateway()
        let token = try await tokens.issue(for: grant).token
        _ = try await tokens.verify(token)
        source.keys = [TokenKeys.make(from: time.today)]
        try await tokens.refresh()
        #expect(await isRefused(token, by: tokens))
        _ = try await tokens.verify(try await tokens.issue(for: grant).token)
    }

    @Test("Without the database tokens are checked with the keys known; a gateway that never saw them says nothing")
    func outage() async throws {
        let tokens = try await gateway()
        let token = try await tokens.issue(for: grant).token
        source.isAway = true
        sessions.isAway = true
        let gate = authenticator(tokens), principal = try await gate.principal(bearer: token)
        #expect(!principal.isConfirmed, "nothing but the token says so")
        #expect(
            principal.requesterID == "ada" && principal.permissions == Role.agent.defaultPermissions && principal.signIn?.session == grant.session)
        sessions.isAway = false
        #expect(try await gate.principal(bearer: token).isConfirmed)
        sessions.isAway = true
        #expect(try await gate.principal(bearer: token).isConfirmed, "what the store confirmed lately")
        let fresh = TokenKeys(source) { [time] in time.today }
        await #expect(throws: AuthenticationError.unavailable) { try await fresh.verify(token) }
        #expect(throws: AuthenticationError.unavailable) { try fresh.published() }
    }

    @Test("A session that has ended ends its tokens at the next round; what its account may changes with it")
    func sessionEnds() async throws {
        let gate = authenticator(try await gateway())
        let token = try await gate.tokens.issue(for: grant).token
        #expect(try await gate.principal(bearer: token).may(.ticketsReadAny))
        var changed = grant
        changed.permissions = [.ticketsReadOwn]
        sessions[grant.session] = changed
        try await gate.refresh()
        #expect(try await !gate.principal(bearer: token).may(.ticketsReadAny), "the token says more than the store: the store is right")
        sessions[grant.session] = nil
        try await gate.refresh()
        await #expect(throws: AuthenticationError.refused) { try await gate.principal(bearer: token) }
    }

    @Test("A token that names another account's session is refused")
    func foreignSession() async throws {
        let gate = authenticator(try await gateway())
        let token = try await forge { $0.sub = UUID() }
        await #expect(throws: AuthenticationError.refused) { try await gate.principal(bearer: token) }
    }
}
