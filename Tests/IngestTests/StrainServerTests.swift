import Domain
import Foundation
import Kafka
import Testing

@testable import Ingest

private let body = #"{"subject":"Lab frozen","body":"It does not move."}"#

@Suite("A gateway under strain against servers", .serialized, .timeLimit(.minutes(3)))
struct StrainServerTests {
    /// The head of a submission.
    private func head(key: String?, length: Int) -> String {
        "POST /v1/tickets HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: \(length)\r\n"
            + (key.map { "Authorization: Bearer \($0)\r\n" } ?? "") + "\r\n"
    }

    @Test("With its queue full the gateway answers at once, and keeps no more than fits")
    func fullQueue() async throws {
        // The time-out is far off, so that whatever is answered soon does not come from it.
        try await RunningGateway.with({
            $0.publishTimeout = .seconds(100)
            $0.kafka.properties["queue.buffering.max.messages"] = "2"
        }) { gateway in
            let key = try await gateway.makeKey(.endUser)
            #expect(try await gateway.post("/v1/tickets", key: key, body).status == 202)
            try gateway.broker.takeDown()
            async let first = gateway.post("/v1/tickets", key: key, body)
            async let second = gateway.post("/v1/tickets", key: key, body)
            try await eventually("the queue is full") { try await gateway.metric("helpdesk_ingest_unacknowledged") == 2 }
            let started = ContinuousClock.now
            for _ in 0..<20 {
                let answer = try await gateway.post("/v1/tickets", key: key, body)
                #expect(answer.status == 503 && answer.problem == "outcome-unknown" && answer.header("Retry-After") == "5")
                #expect(answer[text: "idempotencyKey"] != nil)
            }
            // Twenty answers, none of which waited for the time-out.
            #expect(ContinuousClock.now - started < .seconds(100))
            #expect(try await gateway.metric("helpdesk_ingest_unacknowledged") == 2)
            try gateway.broker.bringUp()
            #expect(try await [first.status, second.status] == [202, 202])
            #expect(try await gateway.post("/v1/tickets", key: key, body).status == 202)
            #expect(try await gateway.published().count == 4)
        }
    }

    @Test("Requests that were begun and never finished hold up a stop for some seconds at most")
    func stalledAtTheEnd() async throws {
        let gateway = try await RunningGateway.start { _ in }
        let key = try await gateway.makeKey(.endUser)
        let begun = try await RawConnection(port: gateway.port)
        await begun.send(head(key: key, length: 100) + "{")
        let unnamed = try await RawConnection(port: gateway.port)
        await unnamed.send("POST /v1/tickets HT")
        let refused = try await RawConnection(port: gateway.port)
        await refused.send(head(key: "hdk_no", length: 100) + "{")
        try await eventually("the requests are in hand") {
            let active = try await gateway.metric("http_server_active_requests")
            return refused.statuses == [401] && active == 2
        }
        let started = ContinuousClock.now
        let error = await gateway.stop()
        #expect(error == nil, "expected a clean end")
        // Eight seconds is the bound of the gateway itself; without one they would hold it up for ever.
        #expect(ContinuousClock.now - started < .seconds(30))
        try await eventually("everybody is disconnected") { begun.isClosed && unnamed.isClosed && refused.isClosed }
    }

    @Test("Who goes on sending the body of a request that was answered is disconnected, and nobody else")
    func unreadBodies() async throws {
        try await RunningGateway.with({ $0.bodyLimit = 2000 }) { gateway in
            let key = try await gateway.makeKey(.endUser)
            let steady = try await RawConnection(port: gateway.port)
            await steady.send(head(key: nil, length: 2) + "{}")
            // Answered before its end, which then comes.
            let hasty = try await RawConnection(port: gateway.port)
            await hasty.send(head(key: nil, length: 10) + "{")
            // Two requests at once: the second is unfinished when the first is answered.
            let pipelining = try await RawConnection(port: gateway.port)
            await pipelining.send(head(key: key, length: body.utf8.count) + body + head(key: key, length: body.utf8.count))
            try await eventually("the first answers") {
                steady.statuses == [401] && hasty.statuses == [401] && pipelining.statuses == [202]
            }
            await hasty.send("        }")

            var slow: [(why: String, connection: RawConnection, status: Int)] = []
            for (why, sent, status) in [("no key", nil, 401), ("a wrong key", "hdk_no", 401), ("too large", key, 413)] as [(String, String?, Int)] {
                let connection = try await RawConnection(port: gateway.port)
                await connection.send(head(key: sent, length: 1_000_000))
                slow.append((why, connection, status))
            }
            let started = ContinuousClock.now
            try await eventually("the slow ones are disconnected", within: .seconds(10)) {
                for one in slow { await one.connection.send(" ") }
                return slow.allSatisfy { $0.connection.isClosed }
            }
            #expect(ContinuousClock.now - started < .seconds(5))
            for one in slow { #expect(one.connection.statuses == [one.status], "\(one.why)") }

            // By now the time that the slow ones had is over for everybody.
            await pipelining.send(body)
            for connection in [steady, hasty] { await connection.send(head(key: nil, length: 2) + "{}") }
            try await eventually("the second answers") {
                steady.statuses == [401, 401] && hasty.statuses == [401, 401] && pipelining.statuses == [202, 202]
            }
            #expect(!steady.isClosed && !hasty.isClosed && !pipelining.isClosed)
            for connection in [steady, hasty, pipelining] { await connection.close() }
        }
    }
}
