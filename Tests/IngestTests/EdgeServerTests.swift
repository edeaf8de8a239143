import AsyncHTTPClient
import Domain
import Foundation
import NIOCore
import NIOHTTP1
import NIOSSL
import TestSupport
import Testing

@testable import Ingest

private let body = #"{"subject":"Lab frozen","body":"It does not move."}"#

@Suite("The gateway's door against servers", .serialized, .timeLimit(.minutes(5)))
struct EdgeServerTests {
    @Test("Too many requests are told when to come again, each quota for its own")
    func rateLimits() async throws {
        try await RunningGateway.with({
            $0.limits.key = Quota(requests: 3, window: .seconds(3600))
            $0.limits.address = Quota(requests: 30, window: .seconds(3600))
        }) { gateway in
            let key = try await gateway.makeKey(.endUser), other = try await gateway.makeKey(.endUser, requester: "bob")
            for left in (0..<3).reversed() {
                let answer = try await gateway.post("/v1/tickets", key: key, body)
                #expect(answer.status == 202 && answer.header("RateLimit-Policy") == #""key";q=3;w=3600"#)
                #expect(answer.header("RateLimit")?.hasPrefix(#""key";r=\#(left);t="#) == true)
            }
            let refused = try await gateway.post("/v1/tickets", key: key, body)
            #expect(refused.status == 429 && refused.problem == "rate-limited" && refused.header("RateLimit")?.hasPrefix(#""key";r=0;t="#) == true)
            let wait = try #require(refused.header("Retry-After").flatMap { Int($0) })
            #expect((1...1200).contains(wait))
            #expect(try await gateway.post("/v1/tickets", key: other, body).status == 202, "another key has its own")
            #expect(try await gateway.published().count == 4, "what was refused was not done")

            var last: Answer?
            for _ in 0..<40 where last?.status != 429 { last = try await gateway.get("/v1/tickets", key: nil) }
            #expect(last?.status == 429 && last?.header("RateLimit-Policy") == #""address";q=30;w=3600"#)
            #expect(try await gateway.get("/healthz", key: nil).status == 429, "an address is one, whatever it asks for")
        }
    }

    @Test("Only a trusted proxy speaks for others")
    func proxies() async throws {
        try await RunningGateway.with({ $0.limits.address = Quota(requests: 3, window: .seconds(3600)) }) { gateway in
            for address in 1...3 { _ = try await gateway.send(.GET, "/healthz", headers: [("X-Forwarded-For", "1.2.3.\(address)")]) }
            #expect(try await gateway.send(.GET, "/healthz", headers: [("X-Forwarded-For", "1.2.3.9")]).status == 429)
        }
        let loopback = try #require(AddressRange("127.0.0.0/8"))
        try await RunningGateway.with({
            $0.limits.address = Quota(requests: 3, window: .seconds(3600))
            $0.proxies = TrustedProxies(ranges: [loopback])
        }) { gateway in
            for _ in 1...3 {
                let answer = try await gateway.send(.GET, "/healthz", headers: [("X-Forwarded-For", "6.6.6.6, 1.2.3.4")])
                #expect(answer.status == 200)
            }
            #expect(
                try await gateway.send(.GET, "/healthz", headers: [("X-Forwarded-For", "7.7.7.7, 1.2.3.4")]).status == 429,
                "what a client adds changes nothing")
            #expect(try await gateway.send(.GET, "/healthz", headers: [("X-Forwarded-For", "1.2.3.5")]).status == 200)
        }
    }

    @Test("Heads and bodies that trickle, and answers that nobody takes, end the connection; quick clients notice nothing")
    func slowClients() async throws {
        try await RunningGateway.with({
            $0.times = ConnectionTimes(head: .milliseconds(600), body: .milliseconds(900), write: .milliseconds(900))
        }) { gateway in
            let key = try await gateway.makeKey(.endUser)
            let silent = try await RawConnection(port: gateway.port)
            let trickling = try await RawConnection(port: gateway.port)
            await trickling.send("GET /healthz HTTP/1.1\r\nHost: x\r\n")
            let second = try await RawConnection(port: gateway.port)
            await second.send("GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
            let inBody = try await RawConnection(port: gateway.port)
            await inBody.send(
                "POST /v1/tickets HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 500\r\nAuthorization: Bearer \(key)\r\n\r\n{"
            )
            let steady = try await RawConnection(port: gateway.port)
            await steady.send("GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
            try await eventually("the first answers") { second.statuses == [200] && steady.statuses == [200] }
            // The second request of a connection is timed like the first.
            await second.send("GET /healthz HT")
            try await eventually("the slow ones are gone", within: .seconds(10)) {
                await trickling.send("X-Y: z\r\n")
                await inBody.send(" ")
                return trickling.isClosed && silent.isClosed && inBody.isClosed && second.isClosed
            }
            #expect(trickling.statuses.isEmpty && silent.statuses.isEmpty && inBody.statuses == [408] && second.statuses == [200])
            await steady.send("GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
            try await eventually("the steady one is served") { steady.statuses == [200, 200] }
            #expect(!steady.isClosed)
            await steady.close()
            #expect(try await gateway.published().isEmpty)
        }
    }

    @Test("One address has so many connections and no more; a place that is given back is free")
    func connections() async throws {
        try await RunningGateway.with({ $0.connectionsPerAddress = 8 }) { gateway in
            var held: [RawConnection] = []
            for _ in 0..<8 { held.append(try await RawConnection(port: gateway.port)) }
            for connection in held { await connection.send("GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n") }
            try await eventually("all are served") { held.allSatisfy { $0.statuses == [200] } }
            let beyond = try await RawConnection(port: gateway.port)
            await beyond.send("GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
            try await eventually("the ninth is hung up on") { beyond.isClosed }
            #expect(beyond.statuses.isEmpty)
            await held.removeFirst().close()
            try await eventually("a place is free") {
                let next = try await RawConnection(port: gateway.port)
                await next.send("GET /metrics HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
                try await eventually("an answer or an end") { next.isClosed }
                return next.statuses == [200]
            }
            for connection in held { await connection.close() }
        }
    }

    @Test("Pages of allowed sites get in, others may read nothing and change nothing")
    func origins() async throws {
        try await RunningGateway.with({ $0.origins = ["https://desk.example.org"] }) { gateway in
            let key = try await gateway.makeKey(.endUser)
            let mine = ("Origin", "https://desk.example.org"), foreign = ("Origin", "https://evil.example.net")
            let asked = try await gateway.send(
                .OPTIONS, "/v1/tickets",
                headers: [mine, ("Access-Control-Request-Method", "POST"), ("Access-Control-Request-Headers", "authorization")])
            #expect(asked.status == 204 && asked.header("Access-Control-Allow-Origin") == mine.1 && asked.header("Vary") == "Origin")
            #expect(asked.header("Access-Control-Allow-Methods")?.contains("POST") == true)
            #expect(
                asked.header("Access-Control-Allow-Headers")?.contains("Authorization") == true && asked.header("Access-Control-Max-Age") == "600")
            #expect(asked.header("Access-Control-Allow-Credentials") == nil)
            let posted = try await gateway.post("/v1/tickets", key: key, headers: [mine], body)
            #expect(posted.status == 202 && posted.header("Access-Control-Allow-Origin") == mine.1)
            #expect(posted.header("Access-Control-Expose-Headers")?.contains("X-Request-Id") == true)

            let refusedAsking = try await gateway.send(.OPTIONS, "/v1/tickets", headers: [foreign, ("Access-Control-Request-Method", "POST")])
            #expect(
                refusedAsking.status == 403 && refusedAsking.problem == "cross-site" && refusedAsking.header("Access-Control-Allow-Origin") == nil)
            for headers in [[foreign], [("Origin", "null")], [("Sec-Fetch-Site", "cross-site")], [("Origin", "https://desk.example.org.evil.net")]] {
                let answer = try await gateway.post("/v1/tickets", key: key, headers: headers, body)
                #expect(answer.status == 403 && answer.problem == "cross-site" && answer.header("Access-Control-Allow-Origin") == nil)
            }
            // What a page can send without asking: a form's content types.
            for type in ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"] {
                #expect(try await gateway.post("/v1/tickets", key: key, headers: [("Content-Type", type)], body).status == 415)
            }
            let read = try await gateway.send(.GET, "/v1/tickets", key: key, headers: [foreign])
            #expect(read.status == 200 && read.header("Access-Control-Allow-Origin") == nil && read.header("Vary") == "Origin")
            let own = try await gateway.post("/v1/tickets", key: key, headers: [("Origin", "http://127.0.0.1:\(gateway.port)")], body)
            #expect(own.status == 202, "the gateway's own page")
            #expect(try await gateway.published().count == 2)
        }
    }

    @Test("A renewed certificate is served to new connections; the old ones go on, and a broken one changes nothing")
    func certificates() async throws {
        let first = try TestCertificates(), renewed = try TestCertificates()
        let folder = FileManager.default.temporaryDirectory.appending(path: "served-" + UUID().uuidString)
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let files = ServerCertificates.Files(
            certificate: folder.path + "/server.pem", key: folder.path + "/server.key", interval: .milliseconds(100))
        func serve(_ certificate: String, _ key: String) throws {
            for (from, to) in [(certificate, files.certificate), (key, files.key)] {
                try Data(contentsOf: URL(filePath: from)).write(to: URL(filePath: to), options: .atomic)
            }
        }
        func client(_ certificates: TestCertificates) throws -> HTTPClient {
            var tls = TLSConfiguration.makeClientConfiguration()
            tls.trustRoots = .file(certificates.authority)
            return HTTPClient(configuration: .init(tlsConfiguration: tls))
        }
        try serve(first.broker.certificate, first.broker.key)
        try await RunningGateway.with({ $0.certificates = files }) { gateway in
            let old = try client(first), new = try client(renewed)
            func status(_ client: HTTPClient) async -> Int? {
                let request = HTTPClientRequest(url: "https://localhost:\(gateway.port)/healthz")
                guard let answer = try? await client.execute(request, timeout: .seconds(10)) else { return nil }
                _ = try? await answer.body.collect(upTo: 1000)
                return Int(answer.status.code)
            }
            let request = HTTPClientRequest(url: "https://localhost:\(gateway.port)/healthz")
            let answer = try await old.execute(request, timeout: .seconds(10))
            _ = try await answer.body.collect(upTo: 1000)
            #expect(answer.status == .ok && answer.headers.first(name: "Strict-Transport-Security") == "max-age=31536000")
            #expect(await status(new) == nil, "the other authority's client does not trust it")
            try serve(renewed.broker.certificate, renewed.broker.key)
            try await eventually("new connections see the new certificate") { await status(new) == 200 }
            #expect(await status(old) == 200, "the connection that is open goes on")
            let fresh = try client(first)
            #expect(await status(fresh) == nil, "the old certificate is not served any more")
            for client in [old, new, fresh] { try await client.shutdown() }
        }
    }

    @Test("Between the replacement of one file and of the other the old certificate stays")
    func halfReplaced() throws {
        let one = try TestCertificates(), other = try TestCertificates()
        let files = ServerCertificates.Files(certificate: one.directory + "/served.pem", key: one.directory + "/served.key")
        func place(_ source: String, _ target: String) throws {
            try Data(contentsOf: URL(filePath: source)).write(to: URL(filePath: target), options: .atomic)
        }
        try place(one.broker.certificate, files.certificate)
        try place(one.broker.key, files.key)
        let served = try ServerCertificates(files, logger: RunningGateway.logger)
        let before = served.context
        served.reload()
        #expect(served.context === before, "nothing changed")
        try place(other.broker.certificate, files.certificate)
        served.reload()
        #expect(served.context === before, "the key is not the new certificate's")
        try FileManager.default.removeItem(atPath: files.key)
        served.reload()
        #expect(served.context === before, "there is no key")
        try place(other.broker.key, files.key)
        served.reload()
        #expect(served.context !== before)
    }

    @Test("A certificate that cannot be used is refused at the start, with the setting's name")
    func noCertificate() throws {
        let one = try TestCertificates(), other = try TestCertificates()
        func refusal(_ certificate: String, _ key: String) -> String {
            do {
                _ = try ServerCertificates(.init(certificate: certificate, key: key), logger: RunningGateway.logger)
                return "taken"
            } catch {
                return "\(error)"
            }
        }
        #expect(refusal("/nowhere.pem", one.broker.key) == "tls.certificate: '/nowhere.pem' cannot be read")
        #expect(refusal(one.broker.certificate, one.broker.certificate).hasPrefix("tls.key: expected a private key"))
        #expect(refusal(one.broker.key, one.broker.key).hasPrefix("tls.certificate:"))
        #expect(refusal(one.broker.certificate, other.broker.key).contains("does not belong to the certificate"))
        #expect(refusal(one.broker.certificate, one.broker.key) == "taken")
    }
}

@Suite("The documentation against servers", .serialized, .timeLimit(.minutes(2)))
struct DocumentationServerTests {
    @Test("Without Swagger UI a plain page says how to get it; with it the page and its files are served, and nothing else of the directory")
    func pages() async throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "docs-" + UUID().uuidString)
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        try await RunningGateway.with({ $0.documentation = folder.path }) { gateway in
            let missing = try await gateway.get("/docs", key: nil)
            #expect(missing.status == 200 && missing.header("Content-Type") == "text/html; charset=utf-8")
            #expect(String(decoding: missing.body, as: UTF8.self).contains("make docs-ui"))
            #expect(try await gateway.get("/docs/swagger-ui.css", key: nil).problem == "route-not-found")

            for (name, text) in [("swagger-ui.css", "a{}"), ("swagger-ui-bundle.js", "1"), ("favicon-32x32.png", "png"), ("secret.txt", "s")] {
                try Data(text.utf8).write(to: folder.appending(path: name))
            }
            let page = try await gateway.get("/docs", key: nil)
            let html = String(decoding: page.body, as: UTF8.self)
            #expect(page.status == 200 && html.contains(#"src="/docs/swagger-ui-bundle.js""#) && !html.contains("make docs-ui"))
            let policy = try #require(page.header("Content-Security-Policy"))
            #expect(policy.contains("script-src 'self';") && policy.contains("default-src 'none'") && policy.contains("frame-ancestors 'none'"))
            #expect(!html.contains("<script>") && !html.contains("http"), "no script in the page, and nothing from elsewhere")
            for (path, type) in [
                ("/docs/swagger-ui.css", "text/css; charset=utf-8"), ("/docs/swagger-ui-bundle.js", "text/javascript; charset=utf-8"),
                ("/docs/start.js", "text/javascript; charset=utf-8"), ("/docs/favicon-32x32.png", "image/png")
            ] {
                let file = try await gateway.get(path, key: nil)
                #expect(file.status == 200 && file.header("Content-Type") == type && file.header("X-Content-Type-Options") == "nosniff", "\(path)")
            }
            #expect(try await gateway.get("/docs/secret.txt", key: nil).problem == "route-not-found")

            let contract = try await gateway.get("/openapi.json", key: nil)
            #expect(contract.status == 200 && contract[text: "openapi"] == "3.1.0" && contract.header("Content-Type") == "application/json")
            #expect(contract.body == Data(try OpenAPI(gateway.gateway.endpoints).bytes))
        }
    }
}
