import Postgres
import Testing

@Suite struct SQLTests {
    @Test func bindsWhatIsInterpolated() {
        let name = "x'; DROP TABLE tickets; --"
        let sql: SQL = "SELECT \(name), \(3), \(nil as Int?)"
        #expect(sql.text == "SELECT $1, $2, $3")
        #expect(sql.parameters.types == [.text, .int8, .int8])
        #expect(sql.parameters.values == [Array(name.utf8), [0, 0, 0, 0, 0, 0, 0, 3], nil])
    }

    @Test func numbersSplicedFragmentsAnew() {
        let filter: SQL = "state = \("open") AND tier = \(2)"
        let sql: SQL = "SELECT \(1) WHERE \(filter) AND x = \(9)"
        #expect(sql.text == "SELECT $1 WHERE state = $2 AND tier = $3 AND x = $4")
        #expect(sql.parameters.values[3] == [0, 0, 0, 0, 0, 0, 0, 9])
        #expect(("a = \(1)" + " AND b = \(2)" as SQL).text == "a = $1 AND b = $2")
    }

    @Test func numbersManyFragments() {
        let joined = SQL.joined((1...12).map { "(\($0), \("é"))" as SQL })
        #expect(joined.text.hasPrefix("($1, $2), ($3, $4)"))
        #expect(joined.text.hasSuffix("($23, $24)"))
        #expect((("X \(0)" as SQL) + joined).text.hasSuffix("($24, $25)"))
        #expect(SQL.joined([]).text == "")
    }

    @Test func pastesOnlyUnescaped() {
        let sql: SQL = "SELECT * FROM \(unescaped: "tickets") WHERE id = \(7)"
        #expect(sql.text == "SELECT * FROM tickets WHERE id = $1")
    }

    @Test func keepsValuesOutOfLogs() {
        let sql: SQL = "SELECT \("my secret")"
        #expect(!"\(sql)".contains("secret"))
        #expect(!String(reflecting: sql).contains("secret"))
        var dumped = ""
        dump(sql, to: &dumped)
        #expect(!dumped.contains("secret"))
    }
}

@Suite struct SettingsTests {
    @Test(arguments: [
        "postgresql://worker:s3cr3t@db.example:5433/helpdesk?sslmode=require",
        "host=db.example port=5433 user=worker password=s3cr3t dbname=helpdesk"
    ])
    func neverShowThePassword(url: String) throws {
        let settings = try PostgresSettings(url: url)
        var dumped = ""
        dump(settings, to: &dumped)
        for text in ["\(settings)", String(reflecting: settings), dumped] {
            #expect(!text.contains("s3cr3t"))
            #expect(text.contains("db.example"))
        }
    }

    @Test(arguments: [
        "", "postgresql://u:pa%zzs3cr3t@h/d", "postgresql://u:x@s3cr3t@h/d", "host=a s3cr3t", "postgresql://u:s3cr3t/@h/d",
        "postgresql://h:s3cr3t/d"
    ])
    func refuseWhatCannotBeReadWithoutQuotingIt(url: String) {
        #expect {
            try PostgresSettings(url: url)
        } throws: { error in
            let text = "\(error) \(String(reflecting: error))"
            return !text.contains("s3cr3t") && text.contains("expected postgresql://")
        }
    }
}

@Suite struct PostgresErrorTests {
    @Test(arguments: [
        ("08006", true), ("40001", true), ("40P01", true), ("42P01", true), ("53300", true), ("57014", true), ("57P01", true),
        ("58030", true), ("25P03", true), ("55P03", true), ("26000", true), ("23505", false), ("22P02", false),
        ("25P02", false), ("55000", false), ("0A000", false), ("P0001", false)
    ])
    func knowsWhatMayPass(state: String, isTransient: Bool) {
        let error = PostgresError(kind: .server, sqlState: state, message: "m")
        #expect(error.isTransient == isTransient)
        #expect(TransactionError(body: error).isTransient == isTransient)
    }

    @Test func classifiesByKindFirst() {
        #expect(PostgresError(kind: .connection, message: "m").isTransient)
        #expect(!PostgresError(kind: .encoding, message: "m").isTransient)
        #expect(!PostgresError(kind: .decoding, sqlState: "40001", message: "m").isTransient)
        #expect(TransactionError(commit: CancellationError(), commitOutcomeUnknown: true).isTransient)
    }

    @Test func withholdsMessagesThatQuoteValues() {
        let error = PostgresError(kind: .server, sqlState: "22P02", message: "invalid input: \"user data\"")
        #expect(!"\(error)".contains("user data"))
        #expect(!"\(TransactionError(body: error))".contains("user data"))
        #expect(String(reflecting: error).contains("user data"))
    }
}
