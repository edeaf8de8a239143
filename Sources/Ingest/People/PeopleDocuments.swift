import Access
import Domain
import Foundation
import Identity
import Stores

/// What somebody gets who signed in.
struct TokensDocument: Codable {
    let accessToken: String, tokenType: String
    /// Seconds.
    let expiresIn: Int
    let refreshToken: String
    let refreshExpiresAt: Timestamp
    let user: UserDocument

    init(_ signedIn: SignedIn) {
        accessToken = signedIn.accessToken
        tokenType = "Bearer"
        expiresIn = signedIn.expiresIn
        refreshToken = signedIn.refreshToken.text
        refreshExpiresAt = Timestamp(signedIn.refreshExpiresAt)
        user = UserDocument(signedIn.grant.account)
    }
}

struct UserDocument: Codable {
    let id: String, login: String, name: String, persona: Persona, requesterId: String, state: State, hasPassword: Bool, roles: [String]
    let createdAt: Timestamp
    /// Counts changes; `ETag` and `If-Match` have it too.
    let version: Int

    enum State: String, Codable, CaseIterable { case active, deactivated }

    init(_ account: Account) {
        id = account.id.canonical
        login = account.login
        name = account.name
        persona = account.persona
        requesterId = account.requesterID
        state = account.state == .active ? .active : .deactivated
        hasPassword = account.hasPassword
        roles = account.roles
        createdAt = Timestamp(account.createdAt)
        version = account.version
    }
}

struct UserListDocument: Codable {
    let users: [UserDocument]
    /// Give it as `cursor` for the next page; absent on the last.
    let next: String?
}

/// A user, with the token that lets them set a password. It is shown this once.
struct InvitedDocument: Codable {
    let user: UserDocument
    let oneTimeToken: String?
    let tokenExpiresAt: Timestamp?
    /// Why there is no token, in the answer to a repetition.
    var note: String?
}

struct MeDocument: Codable {
    /// `account:...` or `key:...`.
    let principal: String
    let permissions: [Permission], requesterId: String, persona: Persona
    /// Absent for an API key.
    let user: UserDocument?
}

struct SessionDocument: Codable {
    let id: String, createdAt: Timestamp, lastUsedAt: Timestamp, expiresAt: Timestamp, address: String, userAgent: String, isCurrent: Bool

    init(_ session: Session, current: UUID?) {
        id = session.id.canonical
        createdAt = Timestamp(session.createdAt)
        lastUsedAt = Timestamp(session.lastUsedAt)
        expiresAt = Timestamp(session.expiresAt)
        address = session.address
        userAgent = session.userAgent
        isCurrent = session.id == current
    }
}

struct SessionListDocument: Codable {
    let sessions: [SessionDocument]
}

struct RoleDocument: Codable {
    let name: String, description: String, permissions: [Permission], isBuiltIn: Bool

    init(_ role: RoleGrant) {
        name = role.name
        description = role.description
        permissions = role.permissions.sorted { $0.rawValue < $1.rawValue }
        isBuiltIn = role.isBuiltIn
    }
}

struct RoleListDocument: Codable {
    let roles: [RoleDocument]
}

struct KeyDocument: Codable {
    let id: String, name: String, role: String, requesterId: String, persona: Persona
    /// What it is narrowed to; absent: all that its role may.
    let permissions: [Permission]?
    let createdBy: String, createdAt: Timestamp, expiresAt: Timestamp?, revokedAt: Timestamp?, lastUsedAt: Timestamp?

    init(_ key: ApiKey) {
        id = key.id.canonical
        name = key.name
        role = key.role
        requesterId = key.requesterID
        persona = key.persona
        permissions = key.scope.map { $0.sorted { $0.rawValue < $1.rawValue } }
        createdBy = key.createdBy
        createdAt = Timestamp(key.createdAt)
        expiresAt = key.expiresAt.map(Timestamp.init)
        revokedAt = key.revokedAt.map(Timestamp.init)
        lastUsedAt = key.lastUsedAt.map(Timestamp.init)
    }
}

struct KeyListDocument: Codable {
    let keys: [KeyDocument]
    /// Give it as `cursor` for the next page; absent on the last.
    let next: String?
}

/// A key, with its secret. It is shown this once.
struct NewKeyDocument: Codable {
    let key: KeyDocument
    /// Absent in the answer to a repetition.
    var secret: String?
    /// Why there is no secret.
    var note: String?
}

struct AuditDocument: Codable {
    let entries: [Entry]
    /// Give it as `cursor` for older ones; absent at the end.
    let next: String?

    struct Entry: Codable {
        let number: Int, at: Timestamp, actor: String, action: String, subject: String, address: String, requestId: String
        let before: AuditFields?, after: AuditFields?

        init(_ entry: AuditEntry) {
            number = Int(entry.number)
            at = Timestamp(entry.at)
            actor = entry.origin.actor
            action = entry.action.rawValue
            subject = entry.subject
            address = entry.origin.address
            requestId = entry.origin.requestID
            before = entry.before.map(AuditFields.init)
            after = entry.after.map(AuditFields.init)
        }
    }
}

/// The fields that an act changed.
struct AuditFields: Codable, SelfDescribing {
    let fields: [String: AuditValue]

    init(_ fields: [String: AuditValue]) { self.fields = fields }
    init(from decoder: any Decoder) throws { fields = try .init(from: decoder) }
    func encode(to encoder: any Encoder) throws { try fields.encode(to: encoder) }

    static var sample: AuditFields? { AuditFields([:]) }

    static func schema(_ book: SchemaBook) -> JSONTree {
        [
            "type": "object",
            "additionalProperties": ["oneOf": [["type": "string"], ["type": "array", "items": ["type": "string"]]]]
        ]
    }
}

struct KeySetDocument: Codable {
    let keys: [JSONWebKey]
}
