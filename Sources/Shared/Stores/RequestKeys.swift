import Postgres

/// A request's own name for what it does, by which doing it twice is doing it once, at whichever gateway.
public struct RequestKey: Sendable, Hashable {
    public var principal: String
    public var key: String
    /// Of the operation, what it is done to, and the body.
    public var fingerprint: [UInt8]

    public init(principal: String, key: String, fingerprint: [UInt8]) {
        self.principal = principal
        self.key = key
        self.fingerprint = fingerprint
    }
}

/// A request under a key, with how it will be answered when it is sent again.
public struct Keyed<Value: Sendable>: Sendable {
    public var key: RequestKey
    /// The answer to a repetition. It is stored as it is, so it holds no secret.
    public var kept: @Sendable (Value) -> [UInt8]

    public init(_ key: RequestKey, kept: @escaping @Sendable (Value) -> [UInt8]) {
        self.key = key
        self.kept = kept
    }
}

/// The request had been done before: nothing was done now.
public struct RepeatedRequest: Error, Sendable, Hashable {
    /// What was kept of the answer then.
    public let kept: [UInt8]
}

/// Why a keyed request is not done.
public enum RequestKeyRefusal: Error, Sendable, Hashable {
    /// The same request is being done now.
    case inFlight
    /// The key stands for another request.
    case otherRequest
}

/// What was answered under a key. Written in the transaction of what was done, so that there is never one without the other.
enum RequestKeyRow {
    /// Claims the key until the transaction ends, without waiting.
    /// - Returns: the answer that was given before; nil when the request is new.
    static func claim(_ key: RequestKey, _ connection: Connection) throws -> (version: Int, body: [UInt8])? {
        // Two statements, each with a snapshot of its own: what another did before it let go of the claim is seen.
        let answers = try connection.pipeline([
            "SELECT pg_try_advisory_xact_lock(hashtextextended('helpdesk.request ' || \(key.principal) || ' ' || \(key.key), 0))",
            "SELECT fingerprint, version, body FROM helpdesk.request_keys WHERE principal = \(key.principal) AND key = \(key.key)"
        ])
        guard try answers[0].scalar(Bool.self) else { throw RequestKeyRefusal.inFlight }
        guard let row = answers[1].first else { return nil }
        guard try row.decode([UInt8].self, at: 0) == key.fingerprint else { throw RequestKeyRefusal.otherRequest }
        return (Int(try row.decode(Int32.self, at: 1)), try row.decode(at: 2))
    }

    static func insert(_ key: RequestKey, version: Int, body: [UInt8]) -> SQL {
        """
        INSERT INTO helpdesk.request_keys (principal, key, fingerprint, version, body)
        VALUES (\(key.principal), \(key.key), \(key.fingerprint), \(Int32(version)), \(body))
        """
    }
}

extension ConnectionPool {
    /// A transaction whose body may refuse, done once for each key: the act and what is answered to a repetition commit together.
    /// - Throws: `RepeatedRequest`, `RequestKeyRefusal`, what the body throws, failures of the database as the pool reports them.
    func deciding<T: Sendable>(_ keyed: Keyed<T>?, _ body: @Sendable (Connection) throws -> T) async throws -> T {
        try await deciding { connection in
            if let keyed, let known = try RequestKeyRow.claim(keyed.key, connection) { throw RepeatedRequest(kept: known.body) }
            let value = try body(connection)
            if let keyed { try connection.execute(RequestKeyRow.insert(keyed.key, version: 0, body: keyed.kept(value))) }
            return value
        }
    }
}
