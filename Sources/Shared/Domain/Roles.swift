/// The roles that every installation has. Administrators may make others; the permissions of each stand in the database.
public enum Role: String, Codable, Sendable, CaseIterable {
    case admin, agent
    case endUser = "end_user"
}

/// One thing that may be allowed. The raw value is stored and shown, and never changes its meaning.
public enum Permission: String, ClosedWord, Codable, Sendable, CaseIterable {
    // Tickets.
    case ticketsSubmit = "tickets.submit"
    case ticketsReadOwn = "tickets.read.own"
    case ticketsReadAny = "tickets.read.any"
    case ticketsReplyOwn = "tickets.reply.own"
    case ticketsReplyAny = "tickets.reply.any"
    /// Write and read what the requester does not see.
    case ticketsNoteInternal = "tickets.note.internal"
    /// May name another requester and persona than its own: upstream systems.
    case ticketsOnBehalf = "tickets.on_behalf"
    /// Take a ticket, or give it to somebody.
    case ticketsAssign = "tickets.assign"
    /// Labels, state, tags, watchers and links of any ticket.
    case ticketsEdit = "tickets.edit"
    /// Raise any ticket to a tier, with a reason.
    case ticketsEscalate = "tickets.escalate"
    /// Ask that a human looks at one's own ticket.
    case ticketsEscalateOwn = "tickets.escalate.own"
    /// Withdraw or reopen one's own ticket.
    case ticketsCloseOwn = "tickets.close.own"
    case ticketsMerge = "tickets.merge"

    // Knowledge base and reports.
    case kbRead = "kb.read"
    case kbDraft = "kb.draft"
    case kbPublish = "kb.publish"
    case metricsRead = "metrics.read"

    // Administration.
    /// See accounts, roles and who has which.
    case usersRead = "users.read"
    /// Make, change, lock and unlock accounts of no more rights than one's own.
    case usersManage = "users.manage"
    /// Make and change roles, grant and revoke them.
    case rolesManage = "roles.manage"
    case keysManage = "keys.manage"
    case auditRead = "audit.read"
}

extension Role {
    /// What the role is seeded with.
    public var defaultPermissions: Set<Permission> {
        switch self {
        case .admin: Set(Permission.allCases)
        case .agent:
            Self.endUser.defaultPermissions.union([
                .ticketsReadAny, .ticketsReplyAny, .ticketsNoteInternal, .ticketsOnBehalf, .ticketsAssign, .ticketsEdit, .ticketsEscalate,
                .ticketsMerge, .kbDraft, .metricsRead, .usersRead
            ])
        case .endUser: [.ticketsSubmit, .ticketsReadOwn, .ticketsReplyOwn, .ticketsEscalateOwn, .ticketsCloseOwn, .kbRead]
        }
    }
}
