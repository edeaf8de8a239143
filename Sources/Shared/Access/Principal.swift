public import Domain
public import Foundation

/// Who asks: whatever proved who they are (an API key or an access token), and what they may do.
public struct Principal: Sendable, Hashable {
    /// Stable and unique among all ways of proving oneself, for instance `key:1f0c...`. It names the caller in logs and derived ids.
    public let id: String
    /// The role's name, for display: what is allowed stands in `permissions`.
    public let role: String
    public let permissions: Set<Permission>
    /// Whom it stands for as a requester of tickets.
    public let requesterID: String
    public let persona: Persona
    /// The account and its session; nil for an API key.
    public let signIn: SignIn?
    /// False for an access token whose session could not be looked up: its signature says who signed in and what they could do then, and nothing says
    /// that they still may. It is good for what must not wait for the database, and for nothing else.
    public let isConfirmed: Bool

    public init(
        id: String, role: String, permissions: Set<Permission>, requesterID: String, persona: Persona, signIn: SignIn? = nil,
        isConfirmed: Bool = true
    ) {
        self.id = id
        self.role = role
        self.permissions = permissions
        self.requesterID = requesterID
        self.persona = persona
        self.signIn = signIn
        self.isConfirmed = isConfirmed
    }

    public func may(_ permission: Permission) -> Bool { permissions.contains(permission) }

    /// Does nothing when one of the permissions is held.
    /// - Throws: `AccessRefusal` naming the first.
    public func require(_ permission: Permission, or others: Permission...) throws(AccessRefusal) {
        try require(anyOf: [permission] + others)
    }

    /// Does nothing when one of the permissions is held, or none is asked for.
    /// - Throws: `AccessRefusal` naming the first.
    public func require(anyOf permissions: [Permission]) throws(AccessRefusal) {
        guard let first = permissions.first, !permissions.contains(where: may) else { return }
        throw AccessRefusal(first)
    }
}

/// A person's account, and the session in which it asks.
public struct SignIn: Sendable, Hashable {
    public let account: UUID
    public let session: UUID

    public init(account: UUID, session: UUID) {
        self.account = account
        self.session = session
    }
}

/// A principal may not do what it asked. Not for tickets it may not see: those do not exist for it.
public struct AccessRefusal: Error, Sendable, Hashable, CustomStringConvertible {
    /// The permission that would have allowed it.
    public let permission: Permission
    /// The field of the request that asks for too much, dotted; nil when it is the request itself.
    public let field: String?

    public init(_ permission: Permission, field: String? = nil) {
        self.permission = permission
        self.field = field
    }

    public var description: String {
        let what = field.map { "Field '\($0)' may be set so" } ?? "This may be done"
        return "\(what) only with the permission \(permission.rawValue); ask an administrator for it, or leave it out."
    }
}
