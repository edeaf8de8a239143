/// A connection's prepared statements by text and parameter types, the least recently used leaving first.
struct StatementCache {
    struct Key: Hashable {
        var text: String
        var types: [PostgresType]
    }

    /// A class, so that a hit changes its age without writing the table.
    final class Statement {
        let name: String
        var lastUse: UInt64
        var columns: Columns?

        init(name: String, lastUse: UInt64) {
            self.name = name
            self.lastUse = lastUse
        }
    }

    let capacity: Int
    private var statements: [Key: Statement] = [:]
    private var clock: UInt64 = 0

    init(capacity: Int) {
        self.capacity = max(1, capacity)
    }

    var count: Int { statements.count }

    /// The prepared statement for `key`, which is now the most recently used.
    mutating func find(_ key: Key) -> Statement? {
        guard let statement = statements[key] else { return nil }
        clock += 1
        statement.lastUse = clock
        return statement
    }

    /// A statement under a name this connection never used before; it counts once it is `insert`ed.
    mutating func make() -> Statement {
        clock += 1
        return Statement(name: "s\(clock)", lastUse: clock)
    }

    /// Adds a statement the server has prepared; gives the ones that must be deallocated for it.
    mutating func insert(_ statement: Statement, for key: Key) -> [Statement] {
        var evicted: [Statement] = []
        while statements.count >= capacity, let oldest = statements.min(by: { $0.value.lastUse < $1.value.lastUse }) {
            statements[oldest.key] = nil
            evicted.append(oldest.value)
        }
        if let replaced = statements.updateValue(statement, forKey: key) { evicted.append(replaced) }
        return evicted
    }

    mutating func remove(_ key: Key) -> Statement? {
        statements.removeValue(forKey: key)
    }
}
