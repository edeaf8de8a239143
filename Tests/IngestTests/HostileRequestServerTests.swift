import Domain
import Foundation
import Identity
import TestSupport
import Testing

@testable import Ingest

/// Requests made to break something, over a real socket. `make fuzz` sends more of them.
@Suite("Hostile requests (server)", .serialized, .timeLimit(.minutes(30)))
struct HostileRequestServerTests {
    private static func seeds(key: String) -> [[UInt8]] {
        let head = "Host: localhost\r\nAuthorization: Bearer \(key)\r\n"
        let body = #"{"subject":"VPN","body":"down \u00e9 \ud83d\ude00","requester":{"id":"ada"}}"#
        let ticket = "0190b6a1-0000-7000-8000-000000000001"
        return [
            "POST /v1/tickets HTTP/1.1\r\n\(head)Content-Type: application/json\r\nIdempotency-Key: k1\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)",
            "POST /v1/tickets HTTP/1.1\r\n\(head)Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
                + "\(String(body.utf8.count, radix: 16))\r\n\(body)\r\n0\r\n\r\n",
            "GET /v1/tickets?state=new&tier=2&limit=7&requester=a%2Bb HTTP/1.1\r\n\(head)Prefer: wait=1\r\n\r\n",
            "GET /v1/tickets/\(ticket)/why HTTP/1.1\r\n\(head)traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01\r\n\r\n",
            "POST /v1/tickets/\(ticket)/messages HTTP/1.1\r\n\(head)Content-Type: application/json\r\nContent-Length: 12\r\n\r\n{\"body\":\"b\"}",
            "OPTIONS * HTTP/1.0\r\n\r\n", "GET /metrics HTTP/1.1\r\n\(head)X-Request-Id: r-1\r\n\r\n"
        ].map { Array($0.utf8) }
    }

    @Test("Whatever is sent, nothing inside breaks, and the next request is served")
    func survives() async throws {
        let environment = ProcessInfo.processInfo.environment
        let count = environment["HELPDESK_FUZZ_REQUESTS"].flatMap { Int($0) } ?? 400
        let seed = environment["HELPDESK_FUZZ_SEED"].flatMap { UInt64($0) } ?? 1
        try await RunningGateway.with { gateway in
            let key = try await gateway.makeKey(.admin)
            var mutator = InputMutator(
                seeds: Self.seeds(key: key),
                words: [
                    "\r\n", "\r\n\r\n", "HTTP/1.1", "Content-Length: ", "Transfer-Encoding: chunked\r\n", "Expect: 100-continue\r\n",
                    "Upgrade: h2c\r\n", "GET "
                ].map { Array($0.utf8) }, maximumBytes: 20_000, seed: seed)
            var sent = 0
            while sent < count {
                let inputs = (0..<min(32, count - sent)).map { _ in mutator.next() }
                sent += inputs.count
                let broken = try await withThrowingTaskGroup(of: [UInt8]?.self) { group in
                    for input in inputs {
                        group.addTask { try await Self.send(input, to: gateway.port).contains { $0 == 500 || $0 > 503 } ? input : nil }
                    }
                    return try await group.reduce(into: [[UInt8]]()) { if let input = $1 { $0.append(input) } }
                }
                for input in broken {
                    Issue.record("seed \(seed): an internal error for \(Data(input).base64EncodedString().prefix(4000))")
                }
                let answer = try await gateway.post("/v1/tickets", key: key, #"{"subject":"s","body":"b"}"#)
                #expect(answer.status == 202, "after \(sent) hostile requests of seed \(seed)")
            }
            print("gateway: \(sent) requests of seed \(seed)")
        }
    }

    /// The answers' status codes. An unfinished request gets none: its connection is closed after a moment.
    private static func send(_ input: [UInt8], to port: Int) async throws -> [Int] {
        let connection = try await RawConnection(port: port)
        await connection.send(bytes: input)
        let deadline = ContinuousClock.now + .milliseconds(200)
        while connection.statuses.isEmpty, !connection.isClosed, ContinuousClock.now < deadline { try await Task.sleep(for: .milliseconds(5)) }
        await connection.close()
        return connection.statuses
    }
}
