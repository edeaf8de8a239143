public import Domain
public import Foundation

/// A person who may sign in.
public struct Account: Sendable, Hashable {
    public enum State: String, Sendable, CaseIterable {
        case active, deactivated
    }

    public var id: UUID
    /// What the person types to sign in. Compared without regard to case.
    public var login: String
    public var name: String
    public var persona: Persona
    /// Whose tickets are this person's own.
    public var requesterID: String
    public var state: State
    /// False until an invitation is accepted.
    public var hasPassword: Bool
    /// Names, sorted.
    public var roles: [String]
    public var createdAt: Date
    /// Counts changes to the account, from 1.
    public var version: Int

    public init(
        id: UUID = .v7(), login: String, name: String, persona: Persona, requesterID: String, roles: [String], state: State = .active,
        hasPassword: Bool = false, createdAt: Date = Date(), version: Int = 1
    ) {
        self.id = id
        self.login = login
        self.name = name
        self.persona = persona
        self.requesterID = requesterID
        self.state = state
        self.hasPassword = hasPassword
        self.roles = roles
        self.createdAt = createdAt
        self.version = version
    }

    /// How the audit log and principals name it.
    public var reference: String { Self.reference(id) }

    public static func reference(_ id: UUID) -> String { "account:" + id.canonical }

    /// The form in which two logins are compared: composed characters, lower case.
    public static func key(forLogin login: String) -> String {
        login.precomposedStringWithCompatibilityMapping.lowercased().precomposedStringWithCanonicalMapping
    }
}

/// An account that is about to be acted on, with what it may do.
public struct AccountInForce: Sendable, Hashable {
    public var account: Account
    public var permissions: Set<Permission>
}

/// A token that lets somebody set a password, once.
public struct OneTimeToken: Sendable, Hashable {
    public enum Purpose: String, Sendable {
        case invitation, reset
    }

    /// SHA-256 of the token.
    public var hash: [UInt8]
    public var purpose: Purpose
    public var expiresAt: Date

    public init(hash: [UInt8], purpose: Purpose, expiresAt: Date) {
        self.hash = hash
        self.purpose = purpose
        self.expiresAt = expiresAt
    }
}
