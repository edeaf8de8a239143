public import Domain
public import Foundation
public import Postgres
public import WorkerRuntime

/// Which versions of a ticket a request is meant for.
public enum ExpectedVersion: Sendable, Hashable {
    /// Whatever it is now.
    case any
    case oneOf(Set<Int>)

    func allows(_ version: Int) -> Bool {
        switch self {
        case .any: true
        case .oneOf(let versions): versions.contains(version)
        }
    }
}

/// One request to work a ticket by hand.
public struct WorkRequest: Sendable {
    public var ticket: TicketID
    /// What the caller may see.
    public var scope: TicketScope
    /// The caller counts versions with those that requesters do not see.
    public var includingInternal: Bool
    /// As the caller counts them.
    public var expected: ExpectedVersion
    public var key: RequestKey?
    public var reason: String?
    public var traceparent: String?
    /// The wall clock.
    public let now: Date
    /// What caused what is written. Never made of the key: a key is forgotten after some days and may then stand for another request.
    let cause: UUID
    /// In what capacity the caller does it to this ticket, and its name. Throws what refuses it.
    public var authorise: @Sendable (Ticket) throws -> (TicketParty, Author)
    /// The answer, kept with a keyed request.
    public var encode: @Sendable (Ticket) -> [UInt8]

    public init(
        ticket: TicketID, scope: TicketScope, includingInternal: Bool, expected: ExpectedVersion, key: RequestKey?, reason: String?,
        traceparent: String?, now: Date = Date(), authorise: @escaping @Sendable (Ticket) throws -> (TicketParty, Author),
        encode: @escaping @Sendable (Ticket) -> [UInt8]
    ) {
        self.ticket = ticket
        self.scope = scope
        self.includingInternal = includingInternal
        self.expected = expected
        self.key = key
        self.reason = reason
        self.traceparent = traceparent
        // What rows and events hold.
        self.now = Date(timeIntervalSince1970: (now.timeIntervalSince1970 * 1_000_000).rounded() / 1_000_000)
        cause = .v7(at: now)
        self.authorise = authorise
        self.encode = encode
    }
}

/// What became of it.
public struct WorkResult: Sendable {
    /// The ticket's version, as the caller counts it.
    public var version: Int
    public var body: [UInt8]
    /// To be published now; what is not, the relay publishes later.
    public var outbox: [OutboxRow]
    /// It had been done before: this is what was answered then.
    public var isRepeat: Bool
}

/// Why it was not done. Nothing was changed.
public enum WorkRefusal: Error, Sendable, Hashable {
    /// Not there, or not for the caller.
    case noTicket
    /// The other ticket of a merge or a link: not there, or not for the caller.
    case noOtherTicket
    /// Another version is stored than the one that was meant.
    case stale(version: Int)
    case edit(EditRefusal)
}

/// Work on tickets by hand, database first: row, history, events and the answer of a keyed request in one transaction, under the ticket's lock.
///
/// Errors: `WorkRefusal`, `RequestKeyRefusal`, what `authorise` throws, the pool's, `PostgresError` and `TransactionError`.
public struct TicketWork: Sendable {
    /// Who emits its events.
    static let stage = "ingest"

    let pool: ConnectionPool

    public init(_ pool: ConnectionPool) {
        self.pool = pool
    }

    public func edit(_ request: WorkRequest, _ edit: TicketEdit) async throws -> WorkResult {
        try await perform(request) { connection in
            let ticket = try Self.lock([request.ticket], connection).require(request, connection)
            let (party, actor) = try request.authorise(ticket)
            let edited = try Self.refusing { () throws(EditRefusal) in
                try ticket.applying(edit, as: party, by: actor, reason: request.reason, at: request.now)
            }
            guard let edited else { return [] }
            var writing = WorkWriting(request, actor: actor, connection: connection)
            try writing.add(edited, of: ticket)
            if edited.kind == .escalated { try writing.ask(edited.ticket, by: actor, party) }
            return try writing.finish()
        }
    }

    // MARK: The one transaction

    /// - Parameter body: does it, and answers with what is to be published.
    func perform(_ request: WorkRequest, _ body: @escaping @Sendable (Connection) throws -> [OutboxRow]) async throws -> WorkResult {
        do {
            return try await pool.transaction { connection in
                if let key = request.key, let known = try RequestKeyRow.claim(key, connection) {
                    return WorkResult(version: known.version, body: known.body, outbox: [], isRepeat: true)
                }
                let rows = try body(connection)
                guard
                    let ticket = try TicketQueries.ticket(
                        request.ticket, request.scope, includingInternal: request.includingInternal, connection)
                else { throw WorkRefusal.noTicket }
                let answer = request.encode(ticket)
                var statements = rows.isEmpty ? [] : [OutboxSQL.insert(rows)]
                if let key = request.key { statements.append(RequestKeyRow.insert(key, version: ticket.version, body: answer)) }
                if !statements.isEmpty { _ = try connection.pipeline(statements) }
                FaultPoint.hit(.beforeCommit)
                return WorkResult(version: ticket.version, body: answer, outbox: rows, isRepeat: false)
            }
        } catch let error as TransactionError {
            // What the body refused is the answer; what the database refused is not.
            if let body = error.body, !(body is PostgresError) { throw body }
            throw error
        }
    }

    static func refusing<T>(_ body: () throws(EditRefusal) -> T) throws -> T {
        do {
            return try body()
        } catch {
            throw WorkRefusal.edit(error)
        }
    }

    static func lock(_ ids: Set<TicketID>, _ connection: Connection) throws -> [TicketID: LockedTicket] {
        try PostgresTicketTransaction(connection).lock(ids.sorted())
    }
}

extension [TicketID: LockedTicket] {
    func ticket(_ id: TicketID, in scope: TicketScope) -> Ticket? {
        guard case .ticket(let ticket) = self[id], scope.includes(ticket) else { return nil }
        return ticket
    }

    /// The ticket that a request is about, in the version that it is meant for.
    func require(_ request: WorkRequest, _ connection: Connection) throws -> Ticket {
        guard let ticket = ticket(request.ticket, in: request.scope) else { throw WorkRefusal.noTicket }
        var version = ticket.version
        if !request.includingInternal {
            version -= Int(try connection.query("SELECT \(TicketRow.hiddenVersions(of: "\(ticket.id.uuid)"))").scalar(Int32.self))
        }
        guard request.expected.allows(version) else { throw WorkRefusal.stale(version: version) }
        return ticket
    }
}

extension TicketScope {
    func includes(_ ticket: Ticket) -> Bool {
        switch self {
        case .all: true
        case .requester(let id): ticket.requester.id.isExactly(id)
        case .none: false
        }
    }
}
