import Domain
import Foundation
import NIOHTTP1
import Testing

@testable import Ingest

private let body = #"{"subject":"Lab frozen","body":"It does not move."}"#

/// What somebody sends who means harm. Each has one right answer, and after each nothing has happened.
@Suite("Attacks on the gateway against servers", .serialized, .timeLimit(.minutes(5)))
struct AttackServerTests {
    /// Sends bytes on a connection of their own and returns all that came back, once the gateway hung up or answered `answers` times.
    private func raw(_ gateway: RunningGateway, _ text: String, answers: Int = 1) async throws -> (statuses: [Int], text: String, isClosed: Bool) {
        let connection = try await RawConnection(port: gateway.port)
        await connection.send(text)
        try await eventually("an answer or an end") { connection.isClosed || connection.statuses.count >= answers }
        // What is hung up on is hung up on at once after its answer.
        _ = try? await eventually("the end", within: .milliseconds(300)) { connection.isClosed }
        let result = (connection.statuses, connection.text, connection.isClosed)
        await connection.close()
        return result
    }

    @Test("A path means itself alone: no other spelling leads anywhere")
    func paths() async throws {
        try await RunningGateway.with { gateway in
            let key = try await gateway.makeKey(.admin)
            let ticket = try await gateway.store()
            for path in [
                "//v1/tickets", "/v1//tickets", "/v1/tickets/", "/V1/tickets", "/v1/Tickets", "/v1/%74ickets", "/v1%2ftickets", "/v1%2Ftickets",
                "/./v1/tickets", "/v1/./tickets", "/x/../v1/tickets", "/v1/tickets;a=b", "/v1/tickets%00", "/v1/tickets%20", "/v1\\tickets",
                "/docs/../openapi.json", "/docs/..", "/docs/../../etc/passwd", "/docs/%2e%2e/%2e%2e/etc/passwd", "/docs/..%2f..%2fetc%2fpasswd",
                "/docs/%2e%2e%5cetc", "/docs//etc/passwd", "/docs/swagger-ui.css/", "/docs/swagger-ui.css%00.png", "/docs/LICENSE",
                "/docs/installed.txt",
                "/.git/config", "/.env", "/v1", "/", "/%", "/openapi.json/", "/OPENAPI.JSON", "/metrics/.."
            ] {
                let answer = try await raw(gateway, "GET \(path) HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer \(key)\r\n\r\n")
                #expect(answer.statuses == [404], "\(path)")
                #expect(answer.text.contains("urn:esi-ai-helpdesk:problem:route-not-found") && !answer.text.contains("root:"), "\(path)")
            }
            for id in [
                "..", "%2e%2e", ".", "%2E", "*", "0", "null", "%00", String(repeating: "a", count: 300), ticket.id.description + "%20",
                ticket.id.description + "'", "'%20OR%201=1--", "%F0%9F%92%A9", "{\(ticket.id)}", String(ticket.id.description.dropLast())
            ] {
                let answer = try await raw(gateway, "GET /v1/tickets/\(id) HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer \(key)\r\n\r\n")
                #expect(answer.statuses == [404] && answer.text.contains("problem:ticket-not-found"), "\(id)")
            }
            // What RFC 9112 does not allow in a request line does not reach the router.
            for target in ["/v1/tic kets", "/v1/tickets\u{1}", "\u{0}", "/v1/tickets\r\nX: y"] {
                let answer = try await raw(gateway, "GET \(target) HTTP/1.1\r\nHost: x\r\n\r\n")
                #expect(
                    answer.statuses == [400] || answer.statuses == [404] || answer.statuses == [401], "\(target.debugDescription): \(answer.text)")
            }
            #expect(try await gateway.published().isEmpty)
        }
    }

    @Test("Nothing that a client sends becomes a header of an answer or a line of its own")
    func headers() async throws {
        try await RunningGateway.with { gateway in
            let key = try await gateway.makeKey(.endUser)
            for id in ["a b", "a%0d%0aX-Evil:1", "é", "<script>", String(repeating: "a", count: 129), "\"", "a\tb"] {
                let answer = try await gateway.send(.GET, "/v1/tickets", key: key, headers: [("X-Request-Id", id)])
                #expect(answer.status == 200)
                let made = try #require(answer.header("X-Request-Id"))
                #expect(made != id && made.wholeMatch(of: /[0-9a-f]{16}/) != nil, "\(id) is replaced")
            }
            #expect(try await gateway.send(.GET, "/v1/tickets", key: key, headers: [("X-Request-Id", "A-1.b_2")]).header("X-Request-Id") == "A-1.b_2")
            let query = try await gateway.get("/v1/tickets?a%0d%0aSet-Cookie:%20x=1=2", key: key)
            #expect(query.status == 400 && query.problem == "invalid-query" && query.header("Set-Cookie") == nil)
            for (name, field) in [
                ("a folded line", "X-Request-Id: a\r\n injected"), ("a bare line feed", "X-Request-Id: a\nX-Evil: 1"),
                ("a null", "X-Request-Id: a\u{0}b"),
                ("a bare carriage return", "X-Request-Id: a\rb"), ("a space before the colon", "X-Request-Id : a"), ("no name", ": a"),
                ("no colon", "X-Request-Id"), ("a control character in a name", "X\u{1}: a")
            ] {
                let answer = try await raw(gateway, "GET /v1/tickets HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer \(key)\r\n\(field)\r\n\r\n")
                #expect(!answer.text.contains("injected") && !answer.text.lowercased().contains("x-evil"), "\(name)")
                #expect(answer.statuses == [400] || answer.statuses == [200], "\(name): \(answer.text)")
                if answer.statuses == [400] { #expect(answer.isClosed, "\(name)") }
            }
            let large = "X-Padding: " + String(repeating: "a", count: 20_000)
            let many = (0..<200).map { "X-\($0): a" }.joined(separator: "\r\n")
            for (name, fields) in [("a large field", large), ("many fields", many)] {
                let answer = try await raw(gateway, "GET /healthz HTTP/1.1\r\nHost: x\r\n\(fields)\r\n\r\n")
                #expect(answer.statuses == [400] && answer.isClosed, "\(name)")
            }
            let long = try await raw(gateway, "GET /\(String(repeating: "a", count: 100_000)) HTTP/1.1\r\nHost: x\r\n\r\n")
            #expect(long.statuses == [400] && long.isClosed)
            #expect(try await gateway.published().isEmpty)
        }
    }

    @Test("A request that two readers could cut differently is refused, and what follows it is not read")
    func smuggling() async throws {
        try await RunningGateway.with { gateway in
            let key = try await gateway.makeKey(.endUser)
            let hidden =
                "POST /v1/tickets HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nAuthorization: Bearer \(key)\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)"
            func head(_ fields: String) -> String {
                "POST /v1/tickets HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nAuthorization: Bearer \(key)\r\n\(fields)\r\n\r\n"
            }
            for (name, request) in [
                ("a length and chunks", head("Content-Length: 6\r\nTransfer-Encoding: chunked") + "0\r\n\r\n" + hidden),
                ("chunks and a length", head("Transfer-Encoding: chunked\r\nContent-Length: 6") + "0\r\n\r\n" + hidden),
                ("two lengths", head("Content-Length: 2\r\nContent-Length: 200") + "{}" + hidden),
                ("a list of lengths", head("Content-Length: 2, 200") + "{}" + hidden),
                ("a signed length", head("Content-Length: +2") + "{}" + hidden),
                ("a hexadecimal length", head("Content-Length: 0x2") + "{}" + hidden),
                ("a negative length", head("Content-Length: -2") + "{}" + hidden),
                ("a length beyond counting", head("Content-Length: 99999999999999999999") + "{}" + hidden),
                ("another coding last", head("Transfer-Encoding: chunked, identity") + "0\r\n\r\n" + hidden),
                ("a misspelt coding", head("Transfer-Encoding: xchunked") + "0\r\n\r\n" + hidden),
                ("a chunk's size beyond counting", head("Transfer-Encoding: chunked") + "FFFFFFFFFFFFFFFFF\r\n{}\r\n0\r\n\r\n" + hidden),
                ("a chunk's size that is none", head("Transfer-Encoding: chunked") + "zz\r\n{}\r\n0\r\n\r\n" + hidden),
                ("a chunk without its end", head("Transfer-Encoding: chunked") + "2\r\n{}xx0\r\n\r\n" + hidden),
                ("another version", "GET /healthz HTTP/3.0\r\nHost: x\r\n\r\n" + hidden),
                ("no request at all", "\u{16}\u{3}\u{1}\u{2}\u{0}" + hidden)
            ] {
                let answer = try await raw(gateway, request, answers: 2)
                #expect(answer.statuses == [400] && answer.isClosed, "\(name): \(answer.text)")
            }
            #expect(try await gateway.published().isEmpty, "no hidden request was done")
        }
    }

    @Test("JSON that is deep, odd or not text is refused, and the gateway lives on")
    func json() async throws {
        try await RunningGateway.with { gateway in
            let key = try await gateway.makeKey(.endUser)
            let deep = String(repeating: "[", count: 400_000)
            for (name, text, status, problem) in [
                ("nothing but depth", deep, 400, "invalid-json"),
                ("depth in a field", #"{"subject":"s","body":\#(String(repeating: "{\"a\":", count: 100_000))"#, 400, "invalid-json"),
                ("depth that ends", String(repeating: "[", count: 20_000) + String(repeating: "]", count: 20_000), 400, "invalid-json"),
                (
                    "depth in a field nobody reads",
                    #"{"subject":"s","body":"b","x":\#(String(repeating: "[", count: 5000))\#(String(repeating: "]", count: 5000))}"#, 400,
                    "invalid-json"
                ),
                ("U+0000", #"{"subject":"s\u0000","body":"b"}"#, 422, "invalid-fields"),
                ("a lone high surrogate", #"{"subject":"\ud800","body":"b"}"#, 400, "invalid-json"),
                ("a lone low surrogate", #"{"subject":"\udc00x","body":"b"}"#, 400, "invalid-json"),
                ("surrogates in the wrong order", #"{"subject":"\udc00\ud800","body":"b"}"#, 400, "invalid-json"),
                ("a list", "[]", 422, "invalid-fields"), ("a text", "\"a\"", 422, "invalid-fields"), ("null", "null", 422, "invalid-fields"),
                ("a number for a text", #"{"subject":1,"body":"b"}"#, 422, "invalid-fields"),
                ("an object for a text", #"{"subject":{"$ne":""},"body":"b"}"#, 422, "invalid-fields"),
                ("two values", #"{"subject":"s","body":"b"}{}"#, 400, "invalid-json"),
                ("a comment", #"{"subject":"s","body":"b"/**/}"#, 400, "invalid-json"),
                ("a word that is none", #"{"subject":NaN,"body":"b"}"#, 400, "invalid-json")
            ] {
                let answer = try await gateway.post("/v1/tickets", key: key, text)
                #expect(answer.status == status && answer.problem == problem, "\(name): \(answer.status) \(answer.problem ?? "none")")
            }
            let bytes: [(String, [UInt8])] = [
                ("bytes that are no UTF-8", Array(#"{"subject":""#.utf8) + [0xFF, 0xC0, 0x80] + Array(#"","body":"b"}"#.utf8)),
                ("a surrogate in UTF-8", Array(#"{"subject":""#.utf8) + [0xED, 0xA0, 0x80] + Array(#"","body":"b"}"#.utf8)),
                ("a null byte", Array(#"{"subject":"a"#.utf8) + [0] + Array(#"","body":"b"}"#.utf8))
            ]
            for (name, bytes) in bytes {
                let answer = try await gateway.send(.POST, "/v1/tickets", key: key, body: Data(bytes))
                #expect(answer.status == 400 && answer.problem == "invalid-json", "\(name): \(answer.status)")
            }
            #expect(try await gateway.published().isEmpty)
            #expect(try await gateway.post("/v1/tickets", key: key, body).status == 202, "and it lives on")
        }
    }

    @Test("Methods that do not belong to a path do nothing")
    func methods() async throws {
        try await RunningGateway.with { gateway in
            let key = try await gateway.makeKey(.admin)
            for (method, path, allow) in [
                ("DELETE", "/v1/tickets", "POST, GET"), ("PUT", "/v1/tickets", "POST, GET"), ("TRACE", "/v1/tickets", "POST, GET"),
                ("POST", "/openapi.json", "GET"), ("POST", "/docs", "GET"), ("OPTIONS", "/v1/tickets", "POST, GET"),
                ("CONNECT", "/v1/tickets", "POST, GET"),
                ("GARBAGE", "/v1/tickets", "POST, GET"), ("post", "/v1/tickets", "POST, GET")
            ] {
                let answer = try await raw(
                    gateway, "\(method) \(path) HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer \(key)\r\nX-HTTP-Method-Override: POST\r\n\r\n")
                if answer.statuses == [405] {
                    #expect(
                        answer.text.contains("Allow: \(allow)\r\n") || answer.text.contains("allow: \(allow)\r\n"),
                        "\(method) \(path): \(answer.text)")
                } else {
                    #expect(answer.statuses == [400] && answer.isClosed, "\(method) \(path): \(answer.text)")
                }
            }
            #expect(try await gateway.published().isEmpty)
        }
    }
}
