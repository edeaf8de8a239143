import Faults
import Foundation
import Testing

@Suite("The fault proxy does to a wire what it is told; listens on loopback", .serialized, .timeLimit(.minutes(2)))
struct WireTests {
    /// A client and a server with the proxy between them.
    struct Wire {
        let listener: Listener
        let proxy: FaultProxy

        init() async throws {
            listener = try await Listener()
            proxy = try await FaultProxy(before: listener.endpoint)
        }

        /// A connection and its other end.
        func connect() async throws -> (client: Socket, server: Socket) {
            let before = listener.sockets.count
            let client = try await Socket.connect(proxy.endpoint)
            try await reach("the connection at the server") { listener.sockets.count > before }
            return (client, listener.sockets[before])
        }

        func stop() async throws {
            await proxy.stop()
            try await listener.close()
        }
    }

    private func bytes(_ count: Int) -> [UInt8] { (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ $0 >> 8) } }

    @Test func everythingPassesBothWays() async throws {
        let wire = try await Wire()
        let (client, server) = try await wire.connect()
        let question = bytes(3_000_000), answer = Array(question.reversed())
        client.send(question)
        server.send(answer)
        try await reach("all of it") { server.received.count == question.count && client.received.count == answer.count }
        #expect(server.received == question && client.received == answer)
        client.close()
        try await reach("the end") { server.hasEnded }
        #expect(!server.wasReset)
        #expect(wire.proxy.counts.cut == 0 && wire.proxy.counts.heldBytes == 0)
        try await wire.stop()
    }

    @Test func aUnixDomainSocketServesAsWell() async throws {
        let listener = try await Listener()
        let path = FileManager.default.temporaryDirectory.path + "/wire-\(UUID().uuidString.prefix(8))"
        let proxy = try await FaultProxy(before: listener.endpoint, at: .socket(path: path))
        let client = try await Socket.connect(proxy.endpoint)
        client.send([1, 2, 3])
        try await reach("the bytes") { listener.sockets.first?.received == [1, 2, 3] }
        await proxy.stop()
        try await listener.close()
        try? FileManager.default.removeItem(atPath: path)
    }

    @Test func aDelayKeepsTheOrder() async throws {
        let wire = try await Wire()
        let (client, server) = try await wire.connect()
        wire.proxy.impose(.delayed(.milliseconds(150)), on: .toServer)
        let sent = ContinuousClock.now
        client.send([1])
        client.send([2])
        server.send([9])
        try await reach("the other way, at once") { client.received == [9] }
        try await reach("both") { server.received == [1, 2] }
        #expect(ContinuousClock.now - sent >= .milliseconds(150))
        wire.proxy.impose(.delayed(.seconds(3600)), on: .toServer)
        client.send([3])
        try await reach("that it waits") { wire.proxy.counts.heldBytes == 1 }
        wire.proxy.heal()
        try await reach("what waited") { server.received == [1, 2, 3] }
        try await wire.stop()
    }

    @Test func aBlackHoleGivesEverythingBackWhenHealed() async throws {
        let wire = try await Wire()
        let (client, server) = try await wire.connect()
        wire.proxy.impose(.blackHole)
        client.send([1, 2])
        server.send([8])
        try await reach("that both wait") { wire.proxy.counts.heldBytes == 3 }
        // More than the proxy wants to hold: the client is not read any further.
        let flood = bytes(30_000_000)
        client.send(flood)
        try await reach("that the proxy is full") { wire.proxy.counts.heldBytes > 1 << 20 }
        #expect(wire.proxy.counts.heldBytes < 4 << 20)
        #expect(server.received.isEmpty && client.received.isEmpty)
        wire.proxy.heal()
        try await reach("all of it") { server.received.count == flood.count + 2 && client.received == [8] }
        #expect(server.received == [1, 2] + flood)
        try await wire.stop()
    }

    @Test func aBlackHoleSwallowsTheEndToo() async throws {
        let wire = try await Wire()
        let (client, server) = try await wire.connect()
        wire.proxy.impose(.blackHole)
        client.send([1])
        try await reach("that it waits") { wire.proxy.counts.heldBytes == 1 }
        client.close()
        try await reach("the end here") { client.hasEnded }
        let (other, _) = try await wire.connect()
        other.send([2])
        try await reach("that it waits too") { wire.proxy.counts.heldBytes == 2 }
        #expect(!server.hasEnded && server.received.isEmpty)
        wire.proxy.heal()
        try await reach("the end there") { server.hasEnded }
        #expect(server.received == [1])
        try await wire.stop()
    }

    @Test func aResetIsSeenAtBothEnds() async throws {
        let wire = try await Wire()
        let (client, server) = try await wire.connect()
        client.send([1])
        try await reach("the connection") { server.received == [1] }
        wire.proxy.resetConnections()
        try await reach("both ends") { client.hasEnded && server.hasEnded }
        #expect(client.wasReset && server.wasReset)
        #expect(wire.proxy.counts.cut == 1)
        let (next, other) = try await wire.connect()
        next.send([2])
        try await reach("the next connection") { other.received == [2] }
        try await wire.stop()
    }

    @Test(arguments: [0, 1, 1000, 70_000]) func aCutLetsExactlySoManyBytesPass(count: Int) async throws {
        let wire = try await Wire()
        let (client, server) = try await wire.connect()
        wire.proxy.impose(.cutAfter(bytes: count), on: .toServer)
        let question = bytes(200_000)
        client.send(question)
        try await reach("the end") { server.hasEnded && client.hasEnded }
        #expect(server.received == Array(question.prefix(count)))
        #expect(!server.wasReset)
        let (next, other) = try await wire.connect()
        next.send(question)
        try await reach("the next connection, whole") { other.received == question }
        try await wire.stop()
    }

    @Test func newConnectionsAreRefusedUntilHealed() async throws {
        let wire = try await Wire()
        let (client, server) = try await wire.connect()
        wire.proxy.refuseConnections()
        let refused = try? await Socket.connect(wire.proxy.endpoint)
        try await reach("the refusal") { refused?.hasEnded != false }
        #expect(wire.proxy.counts.refused == 1)
        client.send([1])
        try await reach("that the open one goes on") { server.received == [1] }
        wire.proxy.heal()
        let (next, other) = try await wire.connect()
        next.send([2])
        try await reach("the next connection") { other.received == [2] }
        try await wire.stop()
    }

    @Test func aServerThatIsAwayIsAReset() async throws {
        let wire = try await Wire()
        try await wire.listener.close()
        let client = try? await Socket.connect(wire.proxy.endpoint)
        try await reach("the reset") { client?.hasEnded != false }
        await wire.proxy.stop()
    }
}
