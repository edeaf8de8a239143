import AsyncHTTPClient
import Foundation
import HelpdeskLocal
import NIOCore
import NIOHTTP1

/// The brokers as a fault sees them: embedded ones in a process of their own, or a real cluster with commands to stop and start a broker.
struct BrokerControl: Sendable {
    enum Kind: Sendable {
        /// Takes orders at this loopback address.
        case embedded(orders: String)
        /// Shell commands; they get the broker's number, from 1, as `$1`.
        case real(stop: String?, start: String?)
    }

    let kind: Kind
    /// The brokers' own addresses, without any proxy between.
    let bootstrapServers: String
    let brokerCount: Int

    var isEmbedded: Bool {
        if case .embedded = kind { true } else { false }
    }

    /// - Throws: `FaultMissed` at a real cluster, which takes no such order.
    func send(_ command: BrokerCommand) async throws {
        guard case .embedded(let orders) = kind else { throw FaultMissed("a real cluster takes no order \(command)") }
        var request = HTTPClientRequest(url: orders + "/command")
        request.method = .POST
        request.body = .bytes(ByteBuffer(bytes: try JSONEncoder().encode(command)))
        let response = try await HTTPClient.shared.execute(request, timeout: .seconds(15))
        guard response.status == .noContent else {
            let words = String(buffer: (try? await response.body.collect(upTo: 1 << 16)) ?? ByteBuffer())
            throw LocalError("broker_order", "the broker refused \(command): \(response.status) \(words)", next: "See broker.log.")
        }
    }

    /// Stops a broker, embedded or real.
    func stop(broker: Int) async throws {
        switch kind {
        case .embedded: try await send(.takeDown(broker: broker))
        case .real(let stop, _): try await run(stop, "CHAOS_BROKER_STOP", broker)
        }
    }

    func start(broker: Int) async throws {
        switch kind {
        case .embedded: try await send(.bringUp(broker: broker))
        case .real(_, let start): try await run(start, "CHAOS_BROKER_START", broker)
        }
    }

    /// Why brokers cannot be stopped here; nil when they can.
    var obstacle: String? {
        switch kind {
        case .embedded: nil
        case .real(let stop, let start): stop == nil || start == nil ? "CHAOS_BROKER_STOP and CHAOS_BROKER_START are not set" : nil
        }
    }

    private func run(_ command: String?, _ name: String, _ broker: Int) async throws {
        guard let command else { throw FaultMissed("\(name) is not set") }
        try await Program(
            path: "/bin/sh", arguments: ["-c", command, "chaos", String(broker)], environment: ProcessInfo.processInfo.environment
        ).mustSucceed()
    }
}
