import CPostgres

/// Where the database is, and how connections to it behave. Printing it never shows the password.
public struct PostgresSettings: Sendable {
    /// Most connections the pool opens. Default 8.
    public var maximumConnections = 8
    /// How long a caller waits for a free connection. Default 5 s.
    public var acquireTimeout: Duration = .seconds(5)
    /// Most callers that wait at once; the next is refused. Default 1024.
    public var maximumWaiters = 1024
    /// Longest wait for one server to accept a connection; at least 2 s, whole seconds (libpq `connect_timeout`). Default 5 s.
    public var connectTimeout: Duration = .seconds(5)
    /// First and longest pause between failed attempts to connect; it doubles, with jitter. Callers in a pause fail at once
    /// with the reason. Default 50 ms to 2 s.
    public var reconnectPause: ClosedRange<Duration> = .milliseconds(50)...(.seconds(2))
    /// How long a connection may idle before it is checked with a round trip. Default 30 s.
    public var healthCheckInterval: Duration = .seconds(30)
    /// How long a connection may idle before it is closed. Default 10 min.
    public var idleLifetime: Duration = .seconds(600)
    /// Prepared statements kept per connection. Default 256.
    public var preparedStatements = 256
    /// Name shown in `pg_stat_activity`.
    public var applicationName = "esi-ai-helpdesk"
    /// PostgreSQL's own settings for each session, by name. The time-outs end the locks of a process that stopped.
    public var session: [String: String] = [
        "idle_in_transaction_session_timeout": "5s",
        "lock_timeout": "5s",
        "statement_timeout": "30s",
        "TimeZone": "UTC"
    ]

    private let options: [Option]

    private struct Option: Sendable {
        var name: String
        var value: String
        var isSecret: Bool
    }

    /// - Parameter url: `postgresql://user:password@host:port/database?sslmode=...` or `host=... dbname=...`; everything
    ///   libpq 15 knows is passed through, and what is absent comes from the `PG...` environment as libpq does it.
    /// - Throws: `PostgresError` of kind `connection` when it cannot be read. The message never quotes it: what libpq
    ///   complains about may be a piece of the password.
    public init(url: String) throws(PostgresError) {
        let expectation =
            "expected postgresql://user:password@host:port/database or host=... dbname=..., with special characters in the password percent-encoded"
        guard !url.utf8.contains(0), !url.isEmpty, let parsed = PQconninfoParse(url, nil) else {
            throw .connection("the database address cannot be read; \(expectation)")
        }
        defer { PQconninfoFree(parsed) }
        var options: [Option] = []
        var entry = parsed
        while let keyword = entry.pointee.keyword {
            if let value = entry.pointee.val {
                // libpq marks what must not be shown with "*".
                let isSecret = entry.pointee.dispchar.map { $0.pointee == CChar(bitPattern: UInt8(ascii: "*")) } ?? false
                options.append(Option(name: String(cString: keyword), value: String(cString: value), isSecret: isSecret))
            }
            entry += 1
        }
        // An unescaped "@", ":" or "/" puts part of the password where libpq quotes it in its errors.
        for option in options where ["host", "hostaddr"].contains(option.name) && option.value.contains("@") {
            throw .connection("the database address has an @ in its host; \(expectation)")
        }
        for option in options where option.name == "port" && !option.value.split(separator: ",").allSatisfy({ UInt16($0) != nil }) {
            throw .connection("the database address has a port that is no number; \(expectation)")
        }
        self.options = options
    }

    /// What libpq is given.
    var parameters: [(name: String, value: String)] {
        var result = [
            "application_name": applicationName,
            "connect_timeout": "\(max(2, connectTimeout.components.seconds))",
            "client_encoding": "UTF8",
            "keepalives": "1",
            "keepalives_idle": "10",
            "keepalives_interval": "5",
            "keepalives_count": "3",
            "tcp_user_timeout": "20000"
        ]
        var given: [String] = []
        for option in options {
            if option.name == "options" { given.append(option.value) } else { result[option.name] = option.value }
        }
        let own = session.sorted { $0.key < $1.key }.map { "-c \($0.key)=\(Self.escaped($0.value))" }
        // The later one wins: what stands in the address is the operator's word.
        result["options"] = (own + given).joined(separator: " ")
        return result.sorted { $0.key < $1.key }.map { (name: $0.key, value: $0.value) }
    }

    private static func escaped(_ value: String) -> String {
        var result = ""
        for character in value {
            if character.isWhitespace || character == "\\" { result.append("\\") }
            result.append(character)
        }
        return result
    }
}

extension PostgresSettings: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    public var description: String {
        let shown = options.filter { !$0.isSecret && ["host", "hostaddr", "port", "dbname", "user", "sslmode"].contains($0.name) }
        return "PostgreSQL at " + shown.map { "\($0.name)=\($0.value)" }.joined(separator: " ")
    }

    public var debugDescription: String { description }

    public var customMirror: Mirror { Mirror(self, children: ["address": description]) }
}
