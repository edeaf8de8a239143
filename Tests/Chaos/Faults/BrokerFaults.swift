import Domain
import Faults
import HelpdeskLocal
import Kafka

/// What happens to the brokers and on the way to them.
enum BrokerFaults {
    static let all: [any Fault] = [
        ConnectionsCut(), BrokerBlackHole(), SlowBroker(), BrokerStopped(),
        AcknowledgementLost(request: .produce, words: "acknowledgement lost after append"),
        AcknowledgementLost(request: .offsetCommit, words: "acknowledgement lost of an offset commit"),
        RecordsRefused(name: "NOT_ENOUGH_REPLICAS on produce", refusal: .notEnoughReplicas, requests: 20),
        RecordsRefused(name: "OUT_OF_ORDER_SEQUENCE on produce", refusal: .outOfOrderSequence, requests: 1),
        BrokerAnswers(name: "ILLEGAL_GENERATION on heartbeat", request: .heartbeat, answer: .illegalGeneration, count: 2),
        BrokerAnswers(name: "ILLEGAL_GENERATION on offset commit", request: .offsetCommit, answer: .illegalGeneration, count: 2),
        BrokerAnswers(name: "REBALANCE_IN_PROGRESS on heartbeat", request: .heartbeat, answer: .rebalanceInProgress, count: 2),
        LeadersMoved(), CoordinatorsMoved(), DeadLettersRefused()
    ]
}

extension Rig {
    /// Why there is no proxy before the brokers; nil when there is one.
    var kafkaWireObstacle: String? { kafkaWire == nil ? "a real cluster has no proxy before it" : nil }

    func onKafkaWire() throws -> KafkaFaultProxy {
        guard let kafkaWire else { throw FaultMissed("a real cluster has no proxy before it") }
        return kafkaWire
    }

    var embeddedObstacle: String? { broker.isEmbedded ? nil : "a real cluster takes no such order" }
}

/// Every connection to every broker is reset, a few times.
struct ConnectionsCut: Fault {
    let name = "broker connections cut"
    let expectation = Expectation(recovery: .seconds(20))

    func obstacle(in rig: Rig) async -> String? { await rig.kafkaWireObstacle }

    func inject(into rig: Rig, using random: inout FeedRandom) async throws -> String {
        let wire = try await rig.onKafkaWire()
        let before = wire.counts.cut
        for _ in 0..<3 {
            wire.resetConnections()
            try await Task.sleep(for: .milliseconds(Int.random(in: 100...1500, using: &random)))
        }
        return "\(wire.counts.cut - before) connections"
    }
}

/// Nothing arrives any more, and nobody says so.
struct BrokerBlackHole: Fault {
    let name = "broker wires go silent"
    // The silence, what the clients need to give up waiting, and the forming of the groups.
    let expectation = Expectation(recovery: .seconds(60))

    func duration(in mode: ChaosMode) -> Duration { mode == .long ? .seconds(15) : .seconds(6) }
    func obstacle(in rig: Rig) async -> String? { await rig.kafkaWireObstacle }

    func inject(into rig: Rig, using random: inout FeedRandom) async throws -> String {
        let wire = try await rig.onKafkaWire()
        wire.impose(.blackHole)
        defer { wire.heal() }
        try await Task.sleep(for: duration(in: rig.mode))
        return "\(duration(in: rig.mode).components.seconds) s, \(wire.counts.heldBytes) bytes held"
    }
}

struct SlowBroker: Fault {
    let name = "slow broker"
    // In long mode it lasts 20 s, and who is sent at its end is slowed as well. What a process that died just before had in hand is handled one by one, each
    // with an acknowledgement of its own: a second for two records.
    let expectation = Expectation(recovery: .seconds(60))

    func duration(in mode: ChaosMode) -> Duration { mode == .long ? .seconds(20) : .seconds(6) }
    func obstacle(in rig: Rig) async -> String? { await rig.embeddedObstacle }

    func inject(into rig: Rig, using random: inout FeedRandom) async throws -> String {
        let broker = await rig.broker
        let victim = Int.random(in: 1...broker.brokerCount, using: &random)
        try await broker.send(.roundTrip(broker: victim, milliseconds: 400))
        let result = await Result { try await Task.sleep(for: duration(in: rig.mode)) }
        try await broker.send(.roundTrip(broker: victim, milliseconds: 0))
        try result.get()
        return "broker \(victim), every answer 400 ms late"
    }
}

/// One of the brokers is away for a while. An embedded one has no replicas: what it leads waits.
struct BrokerStopped: Fault {
    let name = "a broker stopped and started"
    let expectation = Expectation(recovery: .seconds(60))

    func duration(in mode: ChaosMode) -> Duration { mode == .long ? .seconds(20) : .seconds(6) }
    func obstacle(in rig: Rig) async -> String? { await rig.broker.obstacle }

    func inject(into rig: Rig, using random: inout FeedRandom) async throws -> String {
        let broker = await rig.broker
        let victim = Int.random(in: 1...broker.brokerCount, using: &random)
        try await broker.stop(broker: victim)
        let result = await Result { try await Task.sleep(for: duration(in: rig.mode)) }
        try await broker.start(broker: victim)
        try result.get()
        return "broker \(victim), \(duration(in: rig.mode).components.seconds) s"
    }
}

/// The broker does what it is asked, and the answer is lost with the connection.
struct AcknowledgementLost: Fault {
    let request: KafkaFaultProxy.Request
    let words: String

    var name: String { words }
    var expectation: Expectation { Expectation(recovery: .seconds(20)) }

    func obstacle(in rig: Rig) async -> String? { await rig.kafkaWireObstacle }

    func inject(into rig: Rig, using random: inout FeedRandom) async throws -> String {
        let wire = try await rig.onKafkaWire()
        let before = wire.counts.messages
        wire.loseAnswers(to: request, next: 3)
        defer { wire.heal() }
        guard try await rig.eventually(.seconds(10), { wire.counts.messages - before >= 6 }) || wire.counts.messages > before else {
            throw FaultMissed("no answer to \(request) passed")
        }
        return "\(wire.counts.messages - before) answers"
    }
}

/// What the pipeline tells itself is refused. On the wire, where nobody else passes: an embedded broker would refuse what the feed sends as well.
struct RecordsRefused: Fault {
    let name: String
    let refusal: KafkaFaultProxy.Refusal
    /// Until so many requests were refused, or some seconds are over.
    let requests: Int

    var expectation: Expectation { Expectation(recovery: .seconds(25)) }

    func duration(in mode: ChaosMode) -> Duration { .seconds(5) }
    func obstacle(in rig: Rig) async -> String? { await rig.kafkaWireObstacle }

    func inject(into rig: Rig, using random: inout FeedRandom) async throws -> String {
        let wire = try await rig.onKafkaWire()
        let before = wire.counts.messages
        for topic in [Topics.changes, Topics.metrics] { wire.refuseRecords(to: topic, with: refusal) }
        defer { wire.heal() }
        let isDone = try await rig.eventually(.seconds(5)) { wire.counts.messages - before >= requests }
        guard isDone || wire.counts.messages > before else { throw FaultMissed("nobody told anything") }
        return "\(wire.counts.messages - before) requests refused"
    }
}

/// The brokers answer the next requests of a kind with an error. Only members of groups send those.
struct BrokerAnswers: Fault {
    let name: String
    let request: EmbeddedBroker.Request
    let answer: EmbeddedBroker.Fault
    let count: Int

    var expectation: Expectation { Expectation(recovery: .seconds(25)) }

    func duration(in mode: ChaosMode) -> Duration { .seconds(5) }
    func obstacle(in rig: Rig) async -> String? { await rig.embeddedObstacle }

    func inject(into rig: Rig, using random: inout FeedRandom) async throws -> String {
        let broker = await rig.broker
        try await broker.send(.fail(request, with: Array(repeating: answer, count: count)))
        let result = await Result { try await Task.sleep(for: .seconds(5)) }
        try await broker.send(.clearFaults(request))
        try result.get()
        return "\(count) times"
    }
}

/// Every partition gets another leader.
struct LeadersMoved: Fault {
    let name = "leaders moved"
    let expectation = Expectation(recovery: .seconds(20))

    func obstacle(in rig: Rig) async -> String? { await rig.embeddedObstacle }

    func inject(into rig: Rig, using random: inout FeedRandom) async throws -> String {
        let broker = await rig.broker
        for topic in Topics.allWithDeadLetters {
            for partition in 0..<rig.options.partitions {
                try await broker.send(
                    .moveLeader(topic: topic, partition: partition, to: Int.random(in: 1...broker.brokerCount, using: &random)))
            }
        }
        return "\(Topics.allWithDeadLetters.count * rig.options.partitions) partitions"
    }
}

/// Every consumer group gets another coordinator, and yet another a second later.
struct CoordinatorsMoved: Fault {
    let name = "coordinators moved"
    let expectation = Expectation(recovery: .seconds(40))

    func obstacle(in rig: Rig) async -> String? { await rig.embeddedObstacle }

    func inject(into rig: Rig, using random: inout FeedRandom) async throws -> String {
        let broker = await rig.broker
        let groups = ProcessKind.workers.flatMap(\.consumers).map { "helpdesk.\($0)" }
        let targets = groups.map { _ in Int.random(in: 1...broker.brokerCount, using: &random) }
        for (group, target) in zip(groups, targets) { try await broker.send(.moveCoordinator(group: group, to: target)) }
        // The first may be where the coordinator is anyway; the next is not.
        try await Task.sleep(for: .seconds(1))
        for (group, target) in zip(groups, targets) {
            try await broker.send(.moveCoordinator(group: group, to: target % broker.brokerCount + 1))
        }
        return "of every group, twice"
    }
}

/// The dead-letter topic takes no records while poison arrives; what cannot die yet must wait.
struct DeadLettersRefused: Fault {
    let name = "dead-letter topic refuses"
    let expectation = Expectation(recovery: .seconds(30))

    func duration(in mode: ChaosMode) -> Duration { .seconds(8) }
    func obstacle(in rig: Rig) async -> String? { await rig.kafkaWireObstacle }

    func inject(into rig: Rig, using random: inout FeedRandom) async throws -> String {
        let wire = try await rig.onKafkaWire()
        let before = wire.counts.messages
        wire.refuseRecords(to: Topics.deadLetters(of: Topics.tickets), with: .topicAuthorizationFailed)
        defer { wire.heal() }
        let world = await rig.world
        try await world.special("poison", ["kinds": .text("badJSON"), "each": .number(3)])
        try await Task.sleep(for: .seconds(2))
        try await world.special("unmoved", ["seconds": .number(4)])
        guard wire.counts.messages > before else { throw FaultMissed("nobody tried to write a dead letter") }
        return "\(wire.counts.messages - before) requests refused"
    }
}

extension Result where Failure == any Error, Success: Sendable {
    /// What became of `body`, for those who have to undo something first.
    init(_ body: () async throws -> Success) async {
        do {
            self = .success(try await body())
        } catch {
            self = .failure(error)
        }
    }
}
