import Identity
import Postgres
import Stores

/// What the routes about people, roles and keys stand on, put together.
struct PeopleServices: Sendable {
    let authenticator: Authenticator
    let sessions: Sessions
    let endpoints: [Endpoint]

    init(_ settings: GatewaySettings, pool: ConnectionPool, keys: KeyRing, trust: KeyRing.Settings) throws {
        var tokenSettings = TokenKeys.Settings()
        tokenSettings.issuer = settings.tokenIssuer
        tokenSettings.audience = settings.tokenAudience
        let tokens = TokenKeys(SigningKeys(pool), settings: tokenSettings)
        let accounts = Accounts(pool), sessions = Sessions(pool)
        let authenticator = Authenticator(keys: keys, tokens: tokens, sessions: sessions, settings: trust)
        let signIns = SignIns(
            settings: settings.signIn, hasher: try PasswordHasher(cost: settings.passwordCost, concurrency: settings.passwordChecks), tokens: tokens,
            passwords: Passwords(pool), sessions: sessions, attempts: LoginAttempts(pool))
        self.authenticator = authenticator
        self.sessions = sessions
        endpoints =
            AuthRoutes(
                signIns: signIns, accounts: accounts, sessions: sessions, authenticator: authenticator, selfRegistration: settings.selfRegistration
            ).endpoints
            + MeRoutes(signIns: signIns, accounts: accounts, sessions: sessions, authenticator: authenticator).endpoints
            + UserRoutes(signIns: signIns, accounts: accounts, sessions: sessions).endpoints
            + RoleRoutes(roles: Roles(pool)).endpoints + KeyRoutes(keys: ApiKeys(pool)).endpoints + AuditRoutes(log: AuditLog(pool)).endpoints
    }
}
