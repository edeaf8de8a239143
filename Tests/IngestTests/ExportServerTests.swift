import Domain
import Foundation
import NIOCore
import NIOHTTP1
import Postgres
import Stores
import Testing

@testable import Ingest

@Suite("Exports against servers", .serialized, .timeLimit(.minutes(5)))
struct ExportServerTests {
    /// The lines of an export in JSON.
    private func lines(_ answer: Answer) throws -> [[String: Any]] {
        let text = String(decoding: answer.body, as: UTF8.self)
        #expect(text.hasSuffix("\n"))
        return try text.split(separator: "\n").map { line in
            let object = try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any]
            return try #require(object, "\(line)")
        }
    }

    @Test("Several pages make one file: complete, in the list's order, with the list's documents and filters, for each what they may see")
    func pages() async throws {
        try await RunningGateway.with({ $0.exports.page = 3 }) { gateway in
            let time = Date(timeIntervalSince1970: 1_763_000_000)
            for index in 0..<7 { try await gateway.store(at: time.addingTimeInterval(Double(index / 3)), messages: [(.internal, "Note.")]) }
            for _ in 0..<2 { try await gateway.store(requester: "bob", severity: .high, at: time) }
            _ = try await gateway.pool.execute("UPDATE helpdesk.tickets SET tags = '{vip}', assignee = 'eve'")
            let user = try await gateway.makeKey(.endUser), agent = try await gateway.makeKey(.agent)
            for (key, query, count) in [
                (agent, "", 9), (user, "", 7), (agent, "severity=high", 2), (user, "requester=bob", 0), (agent, "sort=submittedAt&requester=ada", 7),
                (agent, "assignee=none", 0)
            ] {
                let list = try await gateway.get("/v1/tickets?limit=200&" + query, key: key).value("tickets") as? [[String: Any]] ?? []
                let answer = try await gateway.get("/v1/tickets/export?" + query, key: key)
                #expect(answer.status == 200 && answer.header("Content-Type") == "application/x-ndjson")
                #expect(answer.header("Content-Disposition") == "attachment; filename=\"tickets.ndjson\"")
                let found = try lines(answer)
                #expect(list.count == count && found.last as? [String: Int] == ["exported": count], "\(query)")
                #expect(found.dropLast().map { $0 as NSDictionary } == list.map { $0 as NSDictionary }, "\(query)")
                if key == user { #expect(found.allSatisfy { $0["tags"] == nil && $0["assignee"] == nil }) }
            }
        }
    }

    @Test("CSV holds the same tickets, quoted, and no formula")
    func csv() async throws {
        try await RunningGateway.with({ $0.exports.page = 2 }) { gateway in
            for index in 0..<5 { try await gateway.store(at: Date(timeIntervalSince1970: 1_763_000_000 + Double(index))) }
            _ = try await gateway.pool.execute(
                "UPDATE helpdesk.tickets SET subject = \("=HYPERLINK(\"http://x\")"), body = \(" +1;\r\n\"a\",b"), tags = '{vip,dns}'")
            let user = try await gateway.makeKey(.endUser), agent = try await gateway.makeKey(.agent)
            let answer = try await gateway.get("/v1/tickets/export?format=csv", key: agent)
            #expect(answer.status == 200 && answer.header("Content-Type") == "text/csv; charset=utf-8; header=present")
            let text = String(decoding: answer.body, as: UTF8.self)
            let rows = text.components(separatedBy: "\r\n").dropLast().filter { $0.contains("lab.vm") || $0.hasPrefix("id,") }
            #expect(rows.first?.hasPrefix("id,version,state,requester,") == true && rows.first?.hasSuffix(",assignee,tags,watchers") == true)
            #expect(text.components(separatedBy: ",\"'=HYPERLINK(\"\"http://x\"\")\",\"' +1;\r\n\"\"a\"\",b\",").count == 6)
            #expect(text.components(separatedBy: ",\"\",\"vip dns\",\"\"\r\n").count == 6)
            let own = try await gateway.send(.GET, "/v1/tickets/export", key: user, headers: [("Accept", "text/csv, application/x-ndjson;q=0.5")])
            #expect(own.header("Content-Type")?.hasPrefix("text/csv") == true)
            #expect(!String(decoding: own.body, as: UTF8.self).contains("vip"))
        }
    }

    /// Asks for an export and leaves it where it is after its head.
    private func begin(_ gateway: RunningGateway, _ key: String, _ query: String = "") async throws -> RawConnection {
        let connection = try await RawConnection(port: gateway.port, receiveBuffer: 4096)
        await connection.send("GET /v1/tickets/export\(query) HTTP/1.1\r\nHost: h\r\nAuthorization: Bearer \(key)\r\n\r\n")
        try await eventually("begun") { connection.text.contains("\r\n\r\n") }
        // It may have broken off by itself already, where the database is too slow.
        try? await connection.read(false)
        return connection
    }

    /// Reads it to its end, which must not look like one.
    private func expectBroken(_ connection: RawConnection) async throws {
        try? await connection.read(true)
        try await eventually("closed", within: .seconds(60)) { connection.isClosed }
        #expect(connection.statuses == [200])
        #expect(!connection.text.hasSuffix("0\r\n\r\n"), "the transfer has no end")
        #expect(!connection.text.contains("{\"exported\":"))
    }

    @Test("A database that is lost on the way breaks the transfer off", arguments: ["", "?format=csv"])
    func databaseLost(query: String) async throws {
        try await RunningGateway.with { gateway in
            try await gateway.storeMany(20_000)
            let key = try await gateway.makeKey(.endUser)
            let connection = try await begin(gateway, key, query)
            try await gateway.database.sever()
            try await expectBroken(connection)
            #expect(try await gateway.metric("helpdesk_ingest_exports_aborted_total") == 1)
            let refused = try await gateway.get("/v1/tickets/export", key: key)
            #expect(refused.status == 503 && refused.problem == "database-unavailable", "before it begins it is a problem")
        }
    }

    @Test("So many exports of one caller and at once; who loses the right on the way gets no more, and makes room")
    func limits() async throws {
        try await RunningGateway.with({ ($0.exports.limit, $0.exports.perCaller) = (2, 1) }) { gateway in
            try await gateway.storeMany(20_000)
            let first = try await gateway.makeKey(.endUser), ids = try await gateway.keyIDs(), second = try await gateway.makeKey(.endUser)
            let third = try await gateway.makeKey(.agent)
            let connection = try await begin(gateway, first)
            let again = try await gateway.get("/v1/tickets/export?q=x", key: first)
            #expect(again.status == 429 && again.problem == "too-many-exports" && again.header("Retry-After") == "5")
            let other = try await begin(gateway, second)
            #expect(try await gateway.get("/v1/tickets/export?q=x", key: third).problem == "too-many-exports")
            for id in ids { #expect(try await ApiKeys(gateway.pool).revoke(id, by: Origin(actor: "test"))) }
            try await eventually("revoked") { try await gateway.get("/v1/me", key: first).status == 401 }
            try await expectBroken(connection)
            await other.close()
            try await eventually("there is room") { try await gateway.metric("helpdesk_ingest_exports") == 0 }
            #expect(try await gateway.get("/v1/tickets/export?state=closed", key: third).status == 200)
        }
    }

    @Test("What cannot be asked for")
    func refused() async throws {
        try await RunningGateway.with { gateway in
            let user = try await gateway.makeKey(.endUser)
            #expect(try await gateway.send(.HEAD, "/v1/tickets/export", key: user).status == 405)
            let json = try await gateway.send(.GET, "/v1/tickets/export", key: user, headers: [("Accept", "application/json")])
            #expect(json.status == 406 && json.problem == "not-acceptable")
            #expect(
                try await gateway.send(.GET, "/v1/tickets/export", key: user, headers: [("Accept", "text/*")]).header("Content-Type")?.hasPrefix(
                    "text/csv") == true)
            for (query, field) in [
                ("format=xml", "format"), ("limit=5", "limit"), ("cursor=x", "cursor"), ("state=gone", "state"),
                ("q=" + String(repeating: "-+", count: 149), "q")
            ] {
                #expect(try await gateway.get("/v1/tickets/export?" + query, key: user)[text: "errors.0.field"] == field, "\(query)")
            }
            #expect(try await gateway.get("/v1/tickets/export?tag=vip", key: user).status == 403)
            #expect(try await gateway.metric("helpdesk_ingest_exports") == 0, "none of them keeps a place")
        }
    }
}
