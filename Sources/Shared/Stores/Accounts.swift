public import Domain
public import Foundation
public import Postgres

/// Accounts as rows. Every act takes a rule that sees the account under its lock and throws what forbids the act; what it throws comes out as it is.
/// Errors besides: `IdentityRefusal`, the pool's, `PostgresError`.
public struct Accounts: Sendable {
    /// Decides about the account that is to be acted on.
    public typealias Rule = @Sendable (AccountInForce) throws -> Void

    let pool: ConnectionPool

    public init(_ pool: ConnectionPool) {
        self.pool = pool
    }

    // MARK: Making

    /// Makes an account.
    /// - Parameters:
    ///   - password: as it is kept; nil for one who is invited.
    ///   - invitation: lets its holder set the password.
    ///   - keyed: the request's own key, when it has one.
    ///   - rule: sees what the account would be allowed to do.
    /// - Returns: the account.
    @discardableResult
    public func create(
        _ account: Account, password: String?, invitation: OneTimeToken? = nil, action: AuditAction = .accountCreated, by origin: Origin,
        keyed: Keyed<Account>? = nil, rule: Rule
    ) async throws -> Account {
        try await pool.deciding(keyed) { connection in
            // In the order of names: two transactions that lock the same roles meet in the same order.
            let roles = try Self.lockRoles(account.roles.sorted(), connection)
            if let unknown = account.roles.first(where: { !roles.contains($0) }) { throw IdentityRefusal.unknownRole(unknown) }
            try rule(AccountInForce(account: account, permissions: Self.permissions(ofRoles: account.roles, connection)))
            try connection.execute(
                """
                INSERT INTO helpdesk.accounts (id, login, login_key, name, persona, requester_id, password, password_set_at, created_at)
                VALUES (\(account.id), \(account.login), \(Account.key(forLogin: account.login)), \(account.name), \(account.persona.rawValue), \
                \(account.requesterID), \(password as String?), CASE WHEN \(password as String?)::text IS NULL THEN NULL ELSE clock_timestamp() END, \(account.createdAt))
                """)
            try connection.execute(
                "INSERT INTO helpdesk.account_roles (account_id, role) SELECT \(account.id), * FROM unnest(\(account.roles.sorted()))")
            if let invitation { try Self.insert(invitation, for: account.id, connection) }
            try AuditLog.append(AuditEntry(action, account.reference, by: origin, after: account.audited), connection)
            return account
        }
    }

    // MARK: Reading

    public func account(_ id: UUID) async throws -> Account? {
        try await pool.query("\(Self.select) WHERE a.id = \(id)").first.map(Self.decode)
    }

    /// Newest first.
    /// - Parameters:
    ///   - after: only accounts made before this one.
    ///   - login: only the one that signs in with it.
    public func page(after id: UUID?, login: String? = nil, limit: Int) async throws -> [Account] {
        let key = login.map(Account.key(forLogin:))
        return try await pool.query(
            """
            \(Self.select) WHERE (\(id as UUID?)::uuid IS NULL OR a.id < \(id as UUID?)) \
            AND (\(key as String?)::text IS NULL OR a.login_key = \(key as String?))
            ORDER BY a.id DESC LIMIT \(limit)
            """
        ).map(Self.decode)
    }

    // MARK: Changing

    /// Changes name and persona; nil leaves what is there.
    /// - Parameter expected: the versions that the change is meant for.
    /// - Throws: `IdentityRefusal.stale` for another version.
    public func change(
        _ id: UUID, name: String?, persona: Persona?, expected: ExpectedVersion = .any, by origin: Origin, rule: Rule
    ) async throws -> Account {
        try await acting(on: id, rule: rule) { account, connection in
            guard expected.allows(account.version) else { throw IdentityRefusal.stale(version: account.version) }
            var changed = account
            changed.name = name ?? account.name
            changed.persona = persona ?? account.persona
            guard changed != account else { return account }
            try connection.execute(
                """
                UPDATE helpdesk.accounts SET name = \(changed.name), persona = \(changed.persona.rawValue), \(Self.changed) WHERE id = \(id)
                """)
            changed.version += 1
            try AuditLog.append(
                AuditEntry(.accountChanged, account.reference, by: origin, before: account.audited, after: changed.audited), connection)
            return changed
        }
    }

    /// Lets an account sign in again, or no more: then its sessions end, and its one-time tokens with them. Repeating it does nothing.
    /// - Parameter keyed: the request's own key, when it has one.
    public func set(
        _ state: Account.State, of id: UUID, by origin: Origin, keyed: Keyed<Account>? = nil, rule: Rule
    ) async throws -> Account {
        try await acting(on: id, changesAdministrators: true, keyed: keyed, rule: rule) { account, connection in
            guard account.state != state else { return account }
            if state == .deactivated {
                try Self.keepAnAdministrator(without: account, connection)
                try Sessions.endAll(of: id, reason: "deactivated", connection)
                try connection.execute("DELETE FROM helpdesk.one_time_tokens WHERE account_id = \(id)")
            }
            try connection.execute(
                "UPDATE helpdesk.accounts SET state = \(state.rawValue), \(Self.changed) WHERE id = \(id)")
            try AuditLog.append(
                AuditEntry(
                    state == .active ? .accountActivated : .accountDeactivated, account.reference, by: origin,
                    before: ["state": .text(account.state.rawValue)], after: ["state": .text(state.rawValue)]), connection)
            var changed = account
            changed.state = state
            changed.version += 1
            return changed
        }
    }

    /// Takes the password away, ends every session, and makes a token with which a new one is set. The account cannot sign in until then; one
    /// that never had a password is invited anew.
    /// - Parameter keyed: the request's own key, when it has one.
    public func reset(
        _ id: UUID, with token: OneTimeToken, by origin: Origin, keyed: Keyed<Account>? = nil, rule: Rule
    ) async throws -> Account {
        try await acting(on: id, changesAdministrators: true, keyed: keyed, rule: rule) { account, connection in
            if account.hasPassword { try Self.keepAnAdministrator(without: account, connection) }
            try connection.execute("DELETE FROM helpdesk.one_time_tokens WHERE account_id = \(id)")
            try Self.insert(token, for: id, connection)
            try connection.execute(
                "UPDATE helpdesk.accounts SET password = NULL, password_set_at = NULL, \(Self.changed) WHERE id = \(id)")
            try Sessions.endAll(of: id, reason: "password reset", connection)
            try AuditLog.append(AuditEntry(.passwordReset, account.reference, by: origin), connection)
            var changed = account
            changed.hasPassword = false
            changed.version += 1
            return changed
        }
    }

    // MARK: Roles

    /// Grants or revokes a role. Repeating it does nothing.
    /// - Parameter rule: sees the account, and what the role allows.
    public func set(
        role: String, of id: UUID, granted: Bool, by origin: Origin, rule: @escaping @Sendable (AccountInForce, Set<Permission>) throws -> Void
    ) async throws -> Account {
        try await pool.deciding { connection in
            // The role `admin` first in any case: who is the last administrator is decided by one transaction at a time.
            let locked = try Self.lockRoles(Array(Set([role, Role.admin.rawValue])).sorted(), connection)
            guard locked.contains(role) else { throw IdentityRefusal.notFound }
            let given = try Self.permissions(ofRoles: [role], connection)
            let account = try Self.locked(id, connection) { try rule($0, given) }
            guard account.roles.contains(role) != granted else { return account }
            if granted {
                try connection.execute("INSERT INTO helpdesk.account_roles (account_id, role) VALUES (\(id), \(role))")
            } else {
                if role == Role.admin.rawValue { try Self.keepAnAdministrator(without: account, connection) }
                try connection.execute("DELETE FROM helpdesk.account_roles WHERE account_id = \(id) AND role = \(role)")
            }
            try connection.execute("UPDATE helpdesk.accounts SET \(Self.changed) WHERE id = \(id)")
            var changed = account
            changed.version += 1
            changed.roles = granted ? (account.roles + [role]).sorted() : account.roles.filter { $0 != role }
            try AuditLog.append(
                AuditEntry(
                    granted ? .roleGranted : .roleRevoked, account.reference, by: origin, before: ["roles": .list(account.roles)],
                    after: ["roles": .list(changed.roles)]), connection)
            return changed
        }
    }

    // MARK: -

    /// - Parameter changesAdministrators: takes the lock under which the last administrator is counted.
    private func acting(
        on id: UUID, changesAdministrators: Bool = false, keyed: Keyed<Account>? = nil, rule: Rule,
        _ body: @Sendable (Account, Connection) throws -> Account
    ) async throws -> Account {
        try await pool.deciding(keyed) { connection in
            if changesAdministrators { _ = try Self.lockRoles([Role.admin.rawValue], connection) }
            return try body(Self.locked(id, connection, rule), connection)
        }
    }

    /// The account under its lock, once the rule allows.
    static func locked(_ id: UUID, _ connection: Connection, _ rule: (AccountInForce) throws -> Void) throws -> Account {
        guard try !connection.query("SELECT id FROM helpdesk.accounts WHERE id = \(id) FOR UPDATE").isEmpty,
            let account = try connection.query("\(select) WHERE a.id = \(id)").first.map(decode)
        else { throw IdentityRefusal.notFound }
        try rule(AccountInForce(account: account, permissions: permissions(ofRoles: account.roles, connection)))
        return account
    }

    /// Those of the roles that exist, locked against change.
    private static func lockRoles(_ names: [String], _ connection: Connection) throws -> [String] {
        try connection.query("SELECT name FROM helpdesk.roles WHERE name = ANY(\(names)) ORDER BY name FOR UPDATE").map { try $0.decode(at: 0) }
    }

    static func permissions(ofRoles roles: [String], _ connection: Connection) throws -> Set<Permission> {
        let names = try connection.query("SELECT DISTINCT permission FROM helpdesk.role_permissions WHERE role = ANY(\(roles))")
        return Set(try names.compactMap { Permission(rawValue: try $0.decode(at: 0)) })
    }

    /// The caller holds the lock on the role `admin`.
    private static func keepAnAdministrator(without account: Account, _ connection: Connection) throws {
        let isOne = account.state == .active && account.hasPassword && account.roles.contains(Role.admin.rawValue)
        guard isOne else { return }
        let others = try connection.query(
            """
            SELECT count(*) FROM helpdesk.accounts AS a JOIN helpdesk.account_roles AS r ON r.account_id = a.id
            WHERE r.role = \(Role.admin.rawValue) AND a.state = 'active' AND a.password IS NOT NULL AND a.id <> \(account.id)
            """
        ).scalar(Int64.self)
        if others == 0 { throw IdentityRefusal.lastAdministrator }
    }

    private static func insert(_ token: OneTimeToken, for account: UUID, _ connection: Connection) throws {
        try connection.execute(
            """
            INSERT INTO helpdesk.one_time_tokens (hash, account_id, purpose, expires_at)
            VALUES (\(token.hash), \(account), \(token.purpose.rawValue), \(token.expiresAt))
            """)
    }

    /// What every change of a row sets.
    private static let changed: SQL = "version = version + 1, updated_at = clock_timestamp()"

    static let select: SQL = """
        SELECT a.id, a.login, a.name, a.persona, a.requester_id, a.state, a.password IS NOT NULL, a.created_at, \
        ARRAY(SELECT r.role FROM helpdesk.account_roles AS r WHERE r.account_id = a.id ORDER BY r.role COLLATE "C"), a.version \
        FROM helpdesk.accounts AS a
        """

    static func decode(_ row: Row) throws -> Account {
        Account(
            id: try row.decode(at: 0), login: try row.decode(at: 1), name: try row.decode(at: 2), persona: try TicketRow.known(row.decode(at: 3)),
            requesterID: try row.decode(at: 4), roles: try row.decode(at: 8), state: try TicketRow.known(row.decode(at: 5)),
            hasPassword: try row.decode(at: 6), createdAt: try row.decode(at: 7), version: Int(try row.decode(Int32.self, at: 9)))
    }
}

extension Account {
    /// What the audit log keeps of it.
    fileprivate var audited: [String: AuditValue] {
        [
            "login": .text(login), "name": .text(name), "persona": .text(persona.rawValue), "requesterId": .text(requesterID),
            "roles": .list(roles.sorted())
        ]
    }
}
