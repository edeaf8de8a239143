import Domain
public import Foundation
public import Stores
import Crypto

/// Why somebody was not let in.
public enum SignInRefusal: Error, Sendable, Hashable {
    /// No such login, another password, an account that is deactivated or has no password: all told alike, after the same work.
    case refused
    /// Too many attempts of this login or from this address; seconds to wait. Said alike of logins that exist and of those that do not.
    case wait(seconds: Int)
    /// Too many passwords are being checked.
    case busy
}

/// What somebody gets who signed in.
public struct SignedIn: Sendable {
    public let accessToken: String
    /// Seconds.
    public let expiresIn: Int
    public let refreshToken: KeySecret
    public let refreshExpiresAt: Date
    public let grant: SessionGrant
}

/// Signing in and out.
public struct SignIns: Sendable {
    public struct Settings: Sendable {
        /// How long a session lasts, however much it is used. Default 30 days.
        public var session: TimeInterval = 30 * 86_400
        /// How long a refresh token is good. Default 7 days: an unused session ends after that.
        public var refresh: TimeInterval = 7 * 86_400
        /// How long an invitation or a reset is good. Default 3 days.
        public var oneTime: TimeInterval = 3 * 86_400
        /// Attempts by one login before it has to wait. Default 5.
        public var loginThreshold = 5
        /// Attempts from one address before it has to wait: many people may share one. Default 30.
        public var addressThreshold = 30

        public init() {}
    }

    public let settings: Settings
    let hasher: PasswordHasher
    let tokens: TokenKeys
    let passwords: Passwords
    let sessions: Sessions
    let attempts: LoginAttempts

    public init(
        settings: Settings = Settings(), hasher: PasswordHasher, tokens: TokenKeys, passwords: Passwords, sessions: Sessions, attempts: LoginAttempts
    ) {
        self.settings = settings
        self.hasher = hasher
        self.tokens = tokens
        self.passwords = passwords
        self.sessions = sessions
        self.attempts = attempts
    }

    /// Lets somebody in. One hash is computed whoever asks, for known and unknown logins alike.
    /// - Parameter network: what attempts from one place are counted by; `origin` has the whole address, for the audit log.
    /// - Throws: `SignInRefusal`, `AuthenticationError.unavailable`, the store's errors.
    public func signIn(login: String, password: String, userAgent: String, from origin: Origin, network: String) async throws -> SignedIn {
        let subjects = (login: Self.subject("login", Account.key(forLogin: login)), address: Self.subject("address", network))
        let counted = [
            LoginAttempts.Subject(hash: subjects.login, threshold: settings.loginThreshold),
            .init(hash: subjects.address, threshold: settings.addressThreshold, name: "address:" + network)
        ]
        try await begin(counted)
        let stored = try await passwords.stored(login: login)
        let usable = stored?.account.state == .active ? stored?.password : nil
        guard try await matches(password, usable), let stored, let kept = usable else {
            try await attempts.noteRefused(counted, account: stored?.account.id, by: origin)
            throw SignInRefusal.refused
        }
        var origin = origin
        origin.actor = stored.account.reference
        let now = Date(), refresh = KeySecret.random(.refresh)
        let session = Session(
            account: stored.account.id, createdAt: now, expiresAt: now.addingTimeInterval(settings.session), address: origin.address,
            userAgent: userAgent)
        let token = RefreshToken(hash: refresh.hash, expiresAt: now.addingTimeInterval(min(settings.refresh, settings.session)))
        guard let grant = try await sessions.start(session, password: kept, with: token, by: origin) else { throw SignInRefusal.refused }
        try await attempts.succeed(login: subjects.login, address: subjects.address)
        if hasher.isOutdated(kept), let hash = try? await hasher.hash(password) {
            try? await passwords.rehash(kept, as: hash, account: stored.account.id)
        }
        return try await signedIn(grant, refresh, token.expiresAt)
    }

    /// The next pair of tokens.
    /// - Throws: `SignInRefusal.refused`, also for a token that was used before, whose session has then ended.
    public func refresh(_ text: String, from origin: Origin) async throws -> SignedIn {
        guard let secret = KeySecret(text, .refresh) else { throw SignInRefusal.refused }
        let next = KeySecret.random(.refresh), end = Date(timeIntervalSinceNow: settings.refresh)
        guard case .rotated(let grant) = try await sessions.refresh(secret.hash, to: RefreshToken(hash: next.hash, expiresAt: end), by: origin)
        else { throw SignInRefusal.refused }
        return try await signedIn(grant, next, min(end, grant.expiresAt))
    }

    /// A token that lets its holder set a password once, and how it is kept.
    public func oneTimeToken(_ purpose: OneTimeToken.Purpose) -> (secret: KeySecret, stored: OneTimeToken) {
        let secret = KeySecret.random(.oneTime)
        return (secret, OneTimeToken(hash: secret.hash, purpose: purpose, expiresAt: Date(timeIntervalSinceNow: settings.oneTime)))
    }

    /// Sets a password with an invitation or a reset.
    /// - Throws: `IdentityRefusal.tokenRefused`, `SignInRefusal`, `InvalidField` for a password that is too easy.
    public func setPassword(_ password: String, token text: String, from origin: Origin) async throws -> UUID {
        guard let secret = KeySecret(text, .oneTime), let account = try await passwords.account(forToken: secret.hash) else {
            throw IdentityRefusal.tokenRefused
        }
        try PasswordPolicy.check(password, field: "password", own: [account.login, account.name])
        return try await passwords.set(try await hash(password), token: secret.hash, by: origin)
    }

    /// Changes one's own password; every other session ends.
    /// - Throws: `SignInRefusal`, with `refused` when `old` is not the password; `InvalidField`.
    public func changePassword(_ old: String, to new: String, account id: UUID, session: UUID, from origin: Origin) async throws {
        // Counted as an attempt to sign in is: else a stolen access token could try passwords at leisure.
        let subject = Self.subject("account", id.canonical)
        let counted = LoginAttempts.Subject(hash: subject, threshold: settings.loginThreshold)
        try await begin([counted])
        let stored = try await passwords.stored(account: id)
        guard try await matches(old, stored?.password), let stored, let kept = stored.password else {
            try await attempts.noteRefused([counted], account: id, by: origin)
            throw SignInRefusal.refused
        }
        try PasswordPolicy.check(new, field: "newPassword", own: [stored.account.login, stored.account.name])
        let hash = try await hash(new)
        guard try await passwords.replace(kept, with: hash, account: id, keeping: session, by: origin) else { throw SignInRefusal.refused }
        try await attempts.succeed(login: subject, address: subject)
    }

    /// A password as it is kept.
    /// - Throws: `SignInRefusal.busy`.
    public func hash(_ password: String) async throws -> String {
        do { return try await hasher.hash(password) } catch is PasswordHasherBusy { throw SignInRefusal.busy }
    }

    /// What tells two passwords apart and says no more about them than what is kept of a password, though it is the same each time.
    /// - Parameter salt: of this one use.
    /// - Throws: `SignInRefusal.busy`.
    public func fingerprint(_ password: String, salt: [UInt8]) async throws -> [UInt8] {
        do { return try await hasher.fingerprint(password, salt: salt) } catch is PasswordHasherBusy { throw SignInRefusal.busy }
    }

    /// Counts an attempt to register, which costs as much as one to sign in.
    /// - Parameter network: what attempts from one place are counted by.
    /// - Throws: `SignInRefusal.wait`.
    public func beginRegistration(from network: String) async throws {
        try await begin([.init(hash: Self.subject("register", network), threshold: settings.addressThreshold)])
    }

    private func begin(_ subjects: [LoginAttempts.Subject]) async throws {
        if let seconds = try await attempts.begin(subjects) { throw SignInRefusal.wait(seconds: seconds) }
    }

    private func matches(_ password: String, _ stored: String?) async throws -> Bool {
        do { return try await hasher.matches(password, stored) } catch is PasswordHasherBusy { throw SignInRefusal.busy }
    }

    private func signedIn(_ grant: SessionGrant, _ refresh: KeySecret, _ end: Date) async throws -> SignedIn {
        let issued = try await tokens.issue(for: grant)
        return SignedIn(
            accessToken: issued.token, expiresIn: issued.claims.exp - issued.claims.iat, refreshToken: refresh, refreshExpiresAt: end, grant: grant)
    }

    static func subject(_ kind: String, _ text: String) -> [UInt8] { Array(SHA256.hash(data: Array("\(kind)\u{0}\(text)".utf8))) }
}
