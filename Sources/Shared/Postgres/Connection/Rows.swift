import CPostgres

/// The result of a statement. It outlives the connection's lease, and copies share one buffer.
public struct Rows: RandomAccessCollection, Sendable {
    let result: ResultHandle
    let columns: Columns

    public var startIndex: Int { 0 }
    public var endIndex: Int { result.rowCount }

    /// Rows inserted, updated, deleted or selected.
    public var affected: Int { result.affectedRows }

    public var columnNames: [String] { columns.names }

    public subscript(position: Int) -> Row {
        precondition(position >= 0 && position < result.rowCount, "row \(position) of \(result.rowCount)")
        return Row(result: result, columns: columns, index: position)
    }

    /// The first row's first column.
    /// - Throws: `PostgresError` of kind `decoding` when there is no row.
    public func scalar<T: PostgresDecodable>(_ type: T.Type) throws -> T {
        guard let first else { throw PostgresError.decoding("expected a row with a \(T.self), found no rows") }
        return try first.decode(type, at: 0)
    }
}

/// One row of a result.
public struct Row: Sendable {
    let result: ResultHandle
    let columns: Columns
    let index: Int

    public var count: Int { columns.names.count }

    /// The value in `column`, counted from 0.
    /// - Throws: `PostgresError` of kind `decoding` that names the column, the expected and the actual type.
    public func decode<T: PostgresDecodable>(_ type: T.Type = T.self, at column: Int) throws -> T {
        guard column >= 0, column < columns.names.count else {
            throw PostgresError.decoding("expected a column \(column), found a result of \(columns.names.count) columns")
        }
        let columnType = columns.types[column]
        do {
            return try result.withValue(row: index, column: column) { bytes throws(PostgresError) in
                if let bytes { try T.decode(bytes, as: columnType) } else { try T.decodeNull() }
            }
        } catch var error {
            error.column = columns.names[column]
            throw error
        }
    }

    /// The value in the column called `name`. The name is looked up in an index that is made once per statement.
    public subscript<T: PostgresDecodable>(name: String, as type: T.Type = T.self) -> T {
        get throws {
            guard let column = columns.index[name] else {
                throw PostgresError.decoding("expected a column \(name), found \(columns.names.joined(separator: ", "))")
            }
            return try decode(type, at: column)
        }
    }

    /// The whole row from left to right.
    /// - Throws: as `decode(_:at:)`, and when the row does not have exactly as many columns.
    public func decode<each T: PostgresDecodable>(_ types: repeat (each T).Type) throws -> (repeat each T) {
        var wanted = 0
        for _ in repeat each types { wanted += 1 }
        guard wanted == columns.names.count else {
            throw PostgresError.decoding("expected \(wanted) columns, found \(columns.names.count)")
        }
        var column = -1
        func next<U: PostgresDecodable>(_ type: U.Type) throws -> U {
            column += 1
            return try decode(type, at: column)
        }
        return (repeat try next(each types))
    }
}

/// The columns of a statement's result, resolved once.
final class Columns: Sendable {
    let names: [String]
    let types: [PostgresType]
    let index: [String: Int]

    init(of result: ResultHandle) {
        let range = 0..<result.columnCount
        names = range.map(result.columnName)
        types = range.map(result.columnType)
        // Of two columns with one name the first answers, as everywhere in libpq.
        index = Dictionary(zip(names, range), uniquingKeysWith: { first, _ in first })
    }

    func describes(_ result: ResultHandle) -> Bool {
        names.count == result.columnCount && types.indices.allSatisfy { types[$0] == result.columnType($0) }
    }
}
