/// What an account of this software may do, in one word. The permissions of each stand in `Permission`.
public enum Role: String, Codable, Sendable, CaseIterable {
    case admin, agent
    case endUser = "end_user"
}

/// One thing that may be allowed. The raw value is stored and shown.
public enum Permission: String, Codable, Sendable, CaseIterable {
    case ticketsSubmit = "tickets.submit"
    case ticketsReadOwn = "tickets.read.own"
    case ticketsReadAny = "tickets.read.any"
    case ticketsReplyOwn = "tickets.reply.own"
    case ticketsReplyAny = "tickets.reply.any"
    case ticketsNoteInternal = "tickets.note.internal"
    /// May name another requester and persona than its own: upstream systems.
    case ticketsOnBehalf = "tickets.on_behalf"
    case keysManage = "keys.manage"
}

extension Role {
    /// What the role is seeded with.
    public var defaultPermissions: Set<Permission> {
        switch self {
        case .admin: Set(Permission.allCases)
        case .agent:
            [.ticketsSubmit, .ticketsReadOwn, .ticketsReadAny, .ticketsReplyOwn, .ticketsReplyAny, .ticketsNoteInternal, .ticketsOnBehalf]
        case .endUser: [.ticketsSubmit, .ticketsReadOwn, .ticketsReplyOwn]
        }
    }
}
