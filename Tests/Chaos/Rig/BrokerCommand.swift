import Kafka

/// What the process of the embedded brokers can be told.
enum BrokerCommand: Codable, Sendable {
    /// Hangs up on everybody and refuses connections.
    case takeDown(broker: Int)
    case bringUp(broker: Int)
    /// The next requests of this kind get these answers, one each.
    case fail(EmbeddedBroker.Request, with: [EmbeddedBroker.Fault])
    case clearFaults(EmbeddedBroker.Request)
    /// Delays every answer of the broker.
    case roundTrip(broker: Int, milliseconds: Int)

    case moveLeader(topic: String, partition: Int, to: Int)
    case moveCoordinator(group: String, to: Int)

    func execute(on broker: EmbeddedBroker) throws {
        switch self {
        case .takeDown(let number): try broker.takeDown(broker: number)
        case .bringUp(let number): try broker.bringUp(broker: number)
        case .fail(let request, let faults): try broker.fail(request, with: faults)
        case .clearFaults(let request): try broker.clearFaults(request)
        case .moveLeader(let topic, let partition, let number): try broker.moveLeader(of: topic, partition: partition, to: number)
        case .moveCoordinator(let group, let number): try broker.moveCoordinator(of: group, to: number)
        case .roundTrip(let number, let milliseconds): try broker.setRoundTrip(.milliseconds(milliseconds), broker: number)
        }
    }
}
