import Kafka
import Messaging
import Testing

/// What the pipeline's clients make of a broker that misbehaves: what was acknowledged is in the log, what is committed was read.
@Suite("Clients outlast a broker's faults; starts brokers of its own", .serialized, .timeLimit(.minutes(5)))
struct BrokerFaultTests {
    /// Sends numbered records one batch after the other and keeps what was acknowledged.
    final actor Sender {
        let producer: KafkaProducer
        private(set) var acknowledged: [Int] = []
        private(set) var failures: [SinkError] = []
        private var next = 0

        init(_ producer: KafkaProducer) { self.producer = producer }

        /// What failed is sent again, as the outbox does it, until all of it is acknowledged.
        func send(_ count: Int) async {
            var left = Array(next..<next + count)
            next += count
            while !left.isEmpty {
                let answers = await producer.send(batch: left.map { OutgoingRecord(topic: "t", key: bytes("\($0 % 7)"), value: bytes("\($0)")) })
                var again: [Int] = []
                for (number, answer) in zip(left, answers) {
                    switch answer {
                    case .success: acknowledged.append(number)
                    case .failure(let error):
                        failures.append(error)
                        again.append(number)
                    }
                }
                left = again
            }
        }
    }

    private func numbers(_ records: [Record]) -> [Int] {
        records.compactMap { $0.value.flatMap { Int(String(decoding: $0, as: UTF8.self)) } }
    }

    /// One fault at a time, several in a row, and faults on what follows from a fault.
    static let produceFaults: [[EmbeddedBroker.Fault]] = [
        [.notEnoughReplicas, .notEnoughReplicas, .notEnoughReplicas], [.outOfOrderSequence], [.outOfOrderSequence, .outOfOrderSequence],
        [.disconnect, .outOfOrderSequence, .notLeaderForPartition], [.unknownProducerID], [.invalidProducerEpoch],
        [.requestTimedOut, .disconnect, .notEnoughReplicas, .outOfOrderSequence]
    ]

    @Test(arguments: produceFaults) func whatIsAcknowledgedIsInTheLog(_ faults: [EmbeddedBroker.Fault]) async throws {
        let cluster = try TestCluster(topics: ["t": 4])
        let sender = Sender(try cluster.producer(timeout: nil))
        await sender.send(50)
        for _ in 1...3 {
            try cluster.broker.fail(.produce, with: faults)
            await sender.send(50)
        }
        try cluster.broker.clearFaults(.produce)
        await sender.send(50)
        #expect(await sender.acknowledged.count == 250)
        let read = numbers(try await cluster.readAll("t"))
        let missing = Set(0..<250).subtracting(read).sorted()
        #expect(missing.isEmpty, "\(missing) are missing")
        // None of these says anything about the record.
        let failures = await sender.failures
        #expect(failures.allSatisfy { !$0.reason.blamesRecord }, "\(failures)")
        await sender.producer.close()
    }

    @Test func anIdentityThatCannotBeHadIsWaitedFor() async throws {
        let cluster = try TestCluster(topics: ["t": 1])
        try cluster.broker.fail(.initProducerID, with: [.coordinatorNotAvailable, .notCoordinator, .disconnect])
        let sender = Sender(try cluster.producer(timeout: nil))
        await sender.send(10)
        #expect(numbers(try await cluster.readAll("t")) == Array(0..<10))
        await sender.producer.close()
    }

    static let groupFaults: [(EmbeddedBroker.Request, [EmbeddedBroker.Fault])] = [
        (.heartbeat, [.illegalGeneration]), (.heartbeat, [.rebalanceInProgress]), (.heartbeat, [.unknownMember]), (.heartbeat, [.disconnect]),
        (.heartbeat, [.notCoordinator]), (.offsetCommit, [.illegalGeneration]), (.offsetCommit, [.rebalanceInProgress]),
        (.offsetCommit, [.unknownMember]), (.offsetCommit, [.disconnect, .disconnect]), (.offsetCommit, [.notCoordinator]),
        (.offsetCommit, [.coordinatorNotAvailable]), (.fetch, [.disconnect, .notLeaderForPartition]), (.joinGroup, [.unknownMember, .disconnect]),
        (.syncGroup, [.rebalanceInProgress]), (.offsetFetch, [.coordinatorNotAvailable, .disconnect])
    ]

    @Test(arguments: groupFaults) func whatIsCommittedWasRead(_ request: EmbeddedBroker.Request, _ faults: [EmbeddedBroker.Fault]) async throws {
        let cluster = try TestCluster(topics: ["t": 4])
        let sender = Sender(try cluster.producer())
        await sender.send(50)
        // Such faults come before the group stands as well as after.
        if [.joinGroup, .syncGroup, .offsetFetch].contains(request) { try cluster.broker.fail(request, with: faults) }
        let member = Member(try cluster.consumer("g", "t"))
        try await reach("the first records") {
            await member.records.count >= 50
        } _: {
            try await member.step()
        }
        try cluster.broker.fail(request, with: faults)
        await sender.send(50)
        try await reach("every record") {
            Set(numbers(await member.records)) == Set(0..<100)
        } _: {
            try await member.step()
        }

        let admin = try KafkaAdmin(settings: cluster.settings, logger: cluster.logger)
        try await reach("the commit of every record") {
            // A fault that is still due may hit the question as well.
            (try? await admin.lag(group: "g", topics: ["t"]).values.allSatisfy { $0 == 0 }) == true
        } _: {
            try await member.step()
        }
        try cluster.broker.clearFaults(request)
        // And it is still a member like any other.
        await sender.send(20)
        try await reach("what came later") {
            Set(numbers(await member.records)) == Set(0..<120)
        } _: {
            try await member.step()
        }
        await member.source.close()
        await admin.close()
        await sender.producer.close()
    }

    /// A commit that the group refused is no progress: the next owner reads again what the last one could not commit.
    @Test func aRefusedCommitIsReadAgain() async throws {
        let cluster = try TestCluster(topics: ["t": 1])
        let sender = Sender(try cluster.producer())
        await sender.send(20)
        let refusals = [EmbeddedBroker.Fault](repeating: .illegalGeneration, count: 500)
        try cluster.broker.fail(.offsetCommit, with: refusals)
        let first = Member(try cluster.consumer("g", "t"))
        try await reach("the records") {
            Set(numbers(await first.records)) == Set(0..<20)
        } _: {
            try await first.step()
        }
        await first.source.close()
        try cluster.broker.clearFaults(.offsetCommit)
        let admin = try KafkaAdmin(settings: cluster.settings, logger: cluster.logger)
        #expect(try await admin.lag(group: "g", topics: ["t"]).values.reduce(0, +) == 20)
        let second = Member(try cluster.consumer("g", "t"))
        try await reach("the records again") {
            Set(numbers(await second.records)) == Set(0..<20)
        } _: {
            try await second.step()
        }
        await second.source.close()
        await admin.close()
        await sender.producer.close()
    }

    @Test func leadersAndCoordinatorMoveUnderLoad() async throws {
        let cluster = try TestCluster(brokers: 3, topics: ["t": 3], properties: ["topic.metadata.refresh.interval.ms": "500"])
        let sender = Sender(try cluster.producer(timeout: nil))
        await sender.send(30)
        let member = Member(try cluster.consumer("g", "t"))
        try await reach("the first records") {
            await member.records.count >= 30
        } _: {
            try await member.step()
        }
        for round in 0..<6 {
            for partition in 0..<3 { try cluster.broker.moveLeader(of: "t", partition: partition, to: (round + partition) % 3 + 1) }
            try cluster.broker.moveCoordinator(of: "g", to: round % 3 + 1)
            await sender.send(30)
            let sent = 30 * (round + 2)
            try await reach("the records of round \(round)") {
                Set(numbers(await member.records)) == Set(0..<sent)
            } _: {
                try await member.step()
            }
        }
        let admin = try KafkaAdmin(settings: cluster.settings, logger: cluster.logger)
        try await reach("the commit") {
            try await admin.lag(group: "g", topics: ["t"]).values.allSatisfy { $0 == 0 }
        } _: {
            try await member.step()
        }
        await member.source.close()
        await admin.close()
        await sender.producer.close()
    }

    /// Whoever only asks is told wrongly for a moment, then rightly, and lives.
    @Test(arguments: [EmbeddedBroker.Fault.notCoordinator, .coordinatorNotAvailable, .disconnect])
    func questionsOutlastACoordinatorThatRefusesThem(_ fault: EmbeddedBroker.Fault) async throws {
        let cluster = try TestCluster(brokers: 2, topics: ["t": 1])
        let sender = Sender(try cluster.producer())
        await sender.send(5)
        let admin = try KafkaAdmin(settings: cluster.settings, limit: .seconds(2), logger: cluster.logger)
        #expect(try await admin.lag(group: "g", topics: ["t"]).values.reduce(0, +) == 5)
        try cluster.broker.fail(.offsetFetch, with: [fault, fault])
        try await reach("the lag") { (try? await admin.lag(group: "g", topics: ["t"]).values.reduce(0, +)) == 5 }
        for broker in [2, 1] {
            try cluster.broker.moveCoordinator(of: "g", to: broker)
            try await reach("the lag, from broker \(broker)") { (try? await admin.lag(group: "g", topics: ["t"]).values.reduce(0, +)) == 5 }
        }
        await admin.close()
        await sender.producer.close()
    }

    /// A question that is on its way when its broker goes is answered with an error, or later; whoever asks lives.
    @Test func questionsOutlastTheCoordinatorsBroker() async throws {
        let cluster = try TestCluster(brokers: 3, topics: ["t": 1])
        try cluster.broker.moveLeader(of: "t", partition: 0, to: 1)
        let groups = (1...4).map { "g\($0)" }
        for (number, group) in groups.enumerated() { try cluster.broker.moveCoordinator(of: group, to: number % 2 + 2) }
        let sender = Sender(try cluster.producer())
        await sender.send(5)
        let admin = try KafkaAdmin(settings: cluster.settings, limit: .seconds(1), logger: cluster.logger)
        for broker in [2, 3, 2, 3] {
            let asking = Task {
                while !Task.isCancelled { for group in groups { _ = try? await admin.lag(group: group, topics: ["t"]) } }
            }
            try await Task.sleep(for: .milliseconds(100))
            try cluster.broker.takeDown(broker: broker)
            // Longer than a question may take: what was given up is still under way when the broker comes back.
            try await Task.sleep(for: .seconds(3))
            try cluster.broker.bringUp(broker: broker)
            try await Task.sleep(for: .seconds(1))
            asking.cancel()
            await asking.value
        }
        for group in groups {
            try await reach("the lag of \(group)") { (try? await admin.lag(group: group, topics: ["t"]).values.reduce(0, +)) == 5 }
        }
        await admin.close()
        await sender.producer.close()
    }

    @Test func oneBrokerOfThreeGoesAndComesBack() async throws {
        let cluster = try TestCluster(brokers: 3, topics: ["t": 3, "u": 3], properties: ["topic.metadata.refresh.interval.ms": "500"])
        for partition in 0..<3 { try cluster.broker.moveLeader(of: "t", partition: partition, to: partition + 1) }
        let sender = Sender(try cluster.producer(timeout: nil))
        await sender.send(30)
        let member = Member(try cluster.consumer("g", "t"))
        try await reach("the first records") {
            await member.records.count >= 30
        } _: {
            try await member.step()
        }
        for broker in 1...3 {
            try cluster.broker.takeDown(broker: broker)
            async let sending: Void = sender.send(30)
            let have = await member.records.count
            // Those whose leaders are there arrive meanwhile; or all wait, if the group's coordinator is what went.
            try await reach("the outage to be noticed") {
                sender.producer.inFlight > 0
            } _: {
                try await member.step()
            }
            try cluster.broker.bringUp(broker: broker)
            await sending
            try await reach("what waited") {
                await member.records.count >= have
            } _: {
                try await member.step()
            }
            let sent = 30 * (broker + 1)
            try await reach("all records") {
                Set(numbers(await member.records)) == Set(0..<sent)
            } _: {
                try await member.step()
            }
        }
        await member.source.close()
        await sender.producer.close()
    }

    @Test func aSlowBrokerIsOnlySlow() async throws {
        let cluster = try TestCluster(topics: ["t": 2])
        let sender = Sender(try cluster.producer(timeout: nil))
        await sender.send(10)
        let member = Member(try cluster.consumer("g", "t"))
        try await reach("the first records") {
            await member.records.count >= 10
        } _: {
            try await member.step()
        }
        try cluster.broker.setRoundTrip(.milliseconds(700))
        await sender.send(10)
        try await reach("the slow ones") {
            Set(numbers(await member.records)) == Set(0..<20)
        } _: {
            try await member.step()
        }
        try cluster.broker.setRoundTrip(.zero)
        await sender.send(10)
        try await reach("the others") {
            Set(numbers(await member.records)) == Set(0..<30)
        } _: {
            try await member.step()
        }
        #expect(await member.records.count == 30, "nothing was taken back")
        #expect(await sender.failures.isEmpty)
        await member.source.close()
        await sender.producer.close()
    }

    /// Records to it wait for the cluster to think better of it; the others pass.
    @Test func aTopicThatMetadataRefusesConcernsNoOther() async throws {
        let cluster = try TestCluster(topics: ["t": 1, "dead": 1], properties: ["topic.metadata.refresh.interval.ms": "200"])
        let producer = try cluster.producer(timeout: nil)
        try await producer.send(OutgoingRecord(topic: "t", key: nil, value: bytes("before")))
        try cluster.broker.mark(topic: "dead", with: .topicAuthorizationFailed)
        async let waiting: Void = producer.send(OutgoingRecord(topic: "dead", key: nil, value: bytes("waits")))
        try await producer.send(OutgoingRecord(topic: "t", key: nil, value: bytes("the neighbour")))
        #expect(producer.inFlight == 1)
        try cluster.broker.mark(topic: "dead", with: nil)
        try await waiting
        #expect(try await cluster.readAll("dead").map(\.value) == [bytes("waits")])
        await producer.close()
    }
}
