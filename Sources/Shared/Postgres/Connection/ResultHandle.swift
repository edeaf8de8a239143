import CPostgres

/// Owns one `PGresult`.
///
/// Sendable because libpq never changes a result after it is complete, and any thread may read it (libpq manual,
/// "Behavior in Threaded Programs").
final class ResultHandle: @unchecked Sendable {
    private let pointer: OpaquePointer

    init(_ pointer: OpaquePointer) {
        self.pointer = pointer
    }

    deinit {
        PQclear(pointer)
    }

    var status: ExecStatusType { PQresultStatus(pointer) }
    var rowCount: Int { Int(PQntuples(pointer)) }
    var columnCount: Int { Int(PQnfields(pointer)) }

    /// The command tag, as in `COMMIT` or `INSERT 0 5`.
    var commandTag: String { String(cString: PQcmdStatus(pointer)) }

    /// Rows inserted, updated, deleted or selected; 0 for other statements.
    var affectedRows: Int { Int(String(cString: PQcmdTuples(pointer))) ?? 0 }

    func columnName(_ column: Int) -> String { String(cString: PQfname(pointer, Int32(column))) }

    func columnType(_ column: Int) -> PostgresType { PostgresType(rawValue: PQftype(pointer, Int32(column))) }

    /// Calls `body` with the value's bytes, nil for NULL. They are valid only inside.
    @inline(__always)
    func withValue<T>(
        row: Int, column: Int, _ body: (UnsafeRawBufferPointer?) throws(PostgresError) -> T
    ) throws(PostgresError) -> T {
        let (row, column) = (Int32(row), Int32(column))
        let value = PQgetvalue(pointer, row, column)
        let length = PQgetlength(pointer, row, column)
        // Only the empty value needs the dearer question.
        if length == 0, PQgetisnull(pointer, row, column) == 1 { return try body(nil) }
        return try body(UnsafeRawBufferPointer(start: value, count: Int(length)))
    }

    /// The failure in this result.
    func error(kind: PostgresError.Kind) -> PostgresError {
        var error = PostgresError(
            kind: kind, sqlState: field("C"), severity: field("V"),
            message: field("M") ?? String(cString: PQresultErrorMessage(pointer)).trimmed,
            hint: field("H"), schema: field("s"), table: field("t"), column: field("c"), constraint: field("n"))
        error.serverFunction = field("R")
        return error
    }

    /// A field by its code in the protocol; the `PG_DIAG_` macros do not import.
    private func field(_ code: Unicode.Scalar) -> String? {
        PQresultErrorField(pointer, Int32(code.value)).map { String(cString: $0) }
    }
}

extension String {
    /// Without the line break libpq ends its messages with, and in one line.
    var trimmed: String {
        split(whereSeparator: \.isWhitespace).joined(separator: " ")
    }
}
