public import Domain
import Foundation
import Postgres
import WorkerRuntime

extension TicketWork {
    /// A chain of merges changed while it was read; the next look finds it settled.
    private struct ChainMoved: Error {}

    /// Merges a ticket into another of the same requester. A target that was merged itself stands for the one at the end of its chain.
    public func merge(_ request: WorkRequest, into target: TicketID) async throws -> WorkResult {
        // Whoever moves the chain makes progress, so this ends; the bound is for what nobody thought of.
        for _ in 0..<20 {
            do {
                return try await perform(request) { try Self.merge(request, target, $0) }
            } catch is ChainMoved {
                continue
            }
        }
        throw ChainMoved()
    }

    private static func merge(_ request: WorkRequest, _ target: TicketID, _ connection: Connection) throws -> [OutboxRow] {
        // Read without a lock, so that all can be locked in order; looked at again under the locks.
        let chain = try PostgresTicketTransaction(connection).mergeChains(of: [target])
        let locked = try lock(chain.union([request.ticket, target]), connection)
        let source = try locked.require(request, connection)
        let (_, actor) = try request.authorise(source)
        guard var root = locked.ticket(target, in: request.scope) else { throw WorkRefusal.noOtherTicket }
        if let mergedInto = source.mergedInto { throw WorkRefusal.edit(.merged(into: mergedInto)) }
        while root.id != source.id, let next = root.mergedInto {
            guard case .ticket(let ticket) = locked[next] else { throw ChainMoved() }
            root = ticket
        }
        guard root.id != source.id else { throw WorkRefusal.edit(.cycle) }
        for ticket in [source, root] where !TicketTransitions.mayMerge(ticket.state) { throw WorkRefusal.edit(.ended(ticket.state)) }
        // What the one wrote would be shown to the other.
        guard source.requester.id.isExactly(root.requester.id) else { throw WorkRefusal.edit(.otherRequester) }
        var merged = source, grown = root
        merged.state = .merged
        merged.mergedInto = root.id
        grown.watchers = Set(root.watchers + source.watchers).sorted()
        guard grown.watchers.count <= TicketEdit.largestWatcherCount else {
            throw WorkRefusal.edit(.tooMany(field: "into", limit: TicketEdit.largestWatcherCount))
        }
        var writing = WorkWriting(request, actor: actor, connection: connection)
        for (old, new, more) in [(source, merged, []), (root, grown, [FieldChange("merged", from: nil, to: source.id.description)])] {
            var new = new
            new.version += 1
            new.updatedAt = max(old.updatedAt, request.now)
            try writing.add(
                EditedTicket(ticket: new, kind: .merged, changes: old.differences(to: new) + more, isInternal: false), of: old)
        }
        return try writing.finish()
    }

    /// Links two tickets, from both sides. A link that is there stays as it is.
    public func link(_ request: WorkRequest, to other: TicketID, kind: TicketLink.Kind) async throws -> WorkResult {
        try await join(request, other) { first, second, actor, connection in
            let known = try connection.query(
                "SELECT FROM helpdesk.ticket_links WHERE ticket_id = \(first.uuid) AND other_id = \(second.uuid) AND kind = \(kind.rawValue)")
            guard known.isEmpty else { return nil }
            return (
                LinkRow.insert([TicketLink(ticket: first, other: second, kind: kind, by: actor, at: request.now)]),
                { FieldChange("link", from: nil, to: "\(($0 == first ? kind : kind.inverse).rawValue) \($0 == first ? second : first)") }
            )
        }
    }

    /// Takes every link between two tickets away.
    public func unlink(_ request: WorkRequest, from other: TicketID) async throws -> WorkResult {
        try await join(request, other) { first, second, _, connection in
            let known = try connection.query(
                "SELECT FROM helpdesk.ticket_links WHERE ticket_id = \(first.uuid) AND other_id = \(second.uuid)")
            guard !known.isEmpty else { return nil }
            return (
                """
                DELETE FROM helpdesk.ticket_links WHERE (ticket_id = \(first.uuid) AND other_id = \(second.uuid))
                OR (ticket_id = \(second.uuid) AND other_id = \(first.uuid))
                """,
                { FieldChange("link", from: ($0 == first ? second : first).description, to: nil) }
            )
        }
    }

    /// - Parameter body: the statement, and what each of the two histories says; nil when there is nothing to do.
    private func join(
        _ request: WorkRequest, _ other: TicketID,
        _ body: @escaping @Sendable (TicketID, TicketID, Author, Connection) throws -> (SQL, (TicketID) -> FieldChange)?
    ) async throws -> WorkResult {
        try await perform(request) { connection in
            let locked = try Self.lock([request.ticket, other], connection)
            let ticket = try locked.require(request, connection)
            let (_, actor) = try request.authorise(ticket)
            guard other != ticket.id, let second = locked.ticket(other, in: request.scope) else { throw WorkRefusal.noOtherTicket }
            guard let (statement, change) = try body(ticket.id, other, actor, connection) else { return [] }
            var writing = WorkWriting(request, actor: actor, connection: connection)
            writing.add(statement)
            for old in [ticket, second] {
                var new = old
                new.version += 1
                new.updatedAt = max(old.updatedAt, request.now)
                // Another's ticket may stand in it.
                try writing.add(EditedTicket(ticket: new, kind: .linked, changes: [change(old.id)], isInternal: true), of: old)
            }
            return try writing.finish()
        }
    }
}
