import Domain
import Foundation
import Messaging
import Observability
import Synchronization
import TestSupport
import Testing
@testable import WorkerRuntime

/// After a crash: a few events at a time, until the one that kills is found.
extension WorkerTests {
    @Test func whatKilledFiveTimesDiesUndecided() async {
        await scenario { bench in
            let place = TopicPartition(topic: SimulationFeed.topic, partition: 0)
            let killer = bench.feed(1, .trap)
            for number in 2...6 { bench.feed(number) }
            bench.store.leaveOpen(place, attempts: [0: 5])
            bench.pass(.seconds(60))
            bench.start()
            #expect(bench.wait { bench.broker.lag == 0 })
            #expect(bench.fate.decisions[1] == nil)
            #expect(bench.store.inbox[killer.id]?.reason == "crash_loop")
            #expect(bench.letters.first?.headers[text: "dlq-attempts"] == "5")
            #expect(bench.applied == 5)
            // Together, as nobody died with them in hand, and no attempt is left behind but the killer's.
            #expect(bench.store.commits == 1)
            #expect(bench.store.attempts == 1)
            bench.feed(7)
            bench.feed(8)
            #expect(bench.wait(.seconds(5)) { bench.broker.lag == 0 })
            #expect(bench.metrics.isCareful.value == 0)
        }
    }

    /// Of a group that somebody died with, each comes alone.
    @Test func whatWasBesideAKillerComesAloneOnce() async {
        await scenario { bench in
            for number in 1...6 { bench.feed(number) }
            bench.store.leaveOpen(TopicPartition(topic: SimulationFeed.topic, partition: 0), attempts: [1: 1, 2: 1, 3: 1])
            bench.start()
            #expect(bench.wait { bench.broker.lag == 0 })
            #expect(bench.applied == 6 && bench.letters.isEmpty && bench.store.attempts == 0)
            #expect(bench.store.commits == 5, "the first, three alone, the last two")
        }
    }

    /// A rebalance that takes an event away from who handles it kills nobody, however often it happens.
    @Test func whatIsTakenAwayInTimeWasNoCrash() async {
        await scenario { bench in
            bench.feed(1)
            bench.store.leaveOpen(TopicPartition(topic: SimulationFeed.topic, partition: 0), attempts: [0: 3])
            bench.start(decideTime: .seconds(60))
            for _ in 0..<5 {
                bench.pass(.seconds(30))
                bench.broker.forceRebalance()
            }
            #expect(bench.wait(.seconds(200)) { bench.broker.lag == 0 })
            #expect(bench.applied == 1 && bench.letters.isEmpty && bench.store.attempts == 0)
        }
    }

    @Test func fourCrashesAreNotEnough() async {
        await scenario { bench in
            bench.feed(1)
            bench.store.leaveOpen(TopicPartition(topic: SimulationFeed.topic, partition: 0), attempts: [0: 4])
            bench.start()
            #expect(bench.wait { bench.broker.lag == 0 })
            #expect(bench.applied == 1 && bench.letters.isEmpty)
        }
    }

    /// A killer that is dead already is settled from the inbox: deciding about it again would kill us for ever.
    @Test func whatTheInboxKnowsIsNotDecidedAgain() async {
        await scenario { bench in
            let killer = bench.feed(1, .trap)
            bench.store.leaveOpen(killer.record.source)
            Self.markDead(killer, in: bench)
            bench.start()
            #expect(bench.wait(.seconds(10)) { bench.broker.lag == 0 })
            #expect(bench.process.isAlive && bench.fate.decisions[1] == nil)
        }
    }

    /// Nothing is counted at what the inbox knows, and a clean rebalance closes the row that warned; what is feared stays feared until the group is past it.
    @Test func whatTheInboxKnowsIsFearedUntilTheGroupIsPastIt() async {
        await scenario { bench in
            let killer = bench.feed(1, .trap)
            bench.store.leaveOpen(killer.record.source)
            Self.markDead(killer, in: bench)
            bench.start()
            for _ in 0..<3 {
                #expect(bench.wait(.seconds(60)) { bench.broker.lag == 0 })
                bench.broker.loseCommits(of: killer.record.source)
                #expect(bench.broker.lag == 1)
            }
            #expect(bench.wait(.seconds(60)) { bench.broker.lag == 0 })
            #expect(bench.process.isAlive && bench.fate.decisions[1] == nil && bench.letters.isEmpty)
            bench.broker.forceRebalance()
            bench.feed(2)
            #expect(bench.wait(.seconds(60)) { bench.applied == 1 })
            #expect(bench.metrics.isCareful.value == 0 && bench.store.attempts == 0)
        }
    }

    /// Then there is more to fear than will ever come; nobody waits for that twice.
    @Test func whereTheLogEndsMayBeUnknown() async {
        await scenario { bench in
            let killer = bench.feed(1, .trap)
            bench.store.leaveOpen(killer.record.source)
            Self.markDead(killer, in: bench)
            bench.broker.hideLogEnds()
            bench.start()
            for _ in 0..<3 {
                #expect(bench.wait(.seconds(20)) { bench.broker.lag == 0 })
                bench.broker.loseCommits(of: killer.record.source)
            }
            #expect(bench.wait(.seconds(20)) { bench.broker.lag == 0 } && bench.metrics.isCareful.value == 1)
            #expect(bench.wait(.seconds(60)) { bench.metrics.isCareful.value == 0 })
            #expect(bench.process.isAlive && bench.fate.decisions[1] == nil)
            bench.broker.forceRebalance()
            bench.feed(2)
            #expect(bench.wait(.seconds(20)) { bench.applied == 1 })
            #expect(bench.metrics.isCareful.value == 0)
        }
    }

    /// The rebalance that kept its offset from being committed was a clean one, so no open row warns of it.
    @Test func aDeadKillerThatComesAgainKillsNobody() async {
        await scenario { bench in
            let killer = bench.feed(1, .trap)
            let place = killer.record.source
            bench.store.leaveOpen(place, attempts: [0: 5])
            bench.start()
            #expect(bench.wait(.seconds(60)) { bench.broker.lag == 0 })
            bench.broker.loseCommits(of: place)
            #expect(bench.broker.lag == 1)
            #expect(bench.wait(.seconds(60)) { bench.broker.lag == 0 })
            #expect(bench.process.isAlive && bench.fate.decisions[1] == nil && bench.letters.count == 1)
            // Once it lies behind, nobody is careful for its sake.
            bench.broker.forceRebalance()
            bench.feed(2)
            #expect(bench.wait(.seconds(60)) { bench.applied == 1 })
            #expect(bench.store.attempts == 0)
        }
    }

    private static func markDead(_ raw: RawEvent, in bench: WorkerBench) {
        let ledger = InMemoryLedger(bench.store, clock: bench.scheduler)
        let done = Atomic(false)
        Task(executorPreference: bench.process) {
            try? await ledger.markDead(
                consumer: "bench",
                [DeadMark(id: raw.id, payloadHash: raw.payloadHash, reason: .crashed, message: "", attempts: 5, origin: raw.origin)])
            done.store(true, ordering: .relaxed)
        }
        bench.wait { done.load(ordering: .relaxed) }
    }

    /// Records of clean partitions must not fill the hands while suspect ones are still in the log.
    @Test func carefulModeIsNotStarvedByCleanPartitions() async {
        await scenario(partitions: 2) { bench in
            let place = TopicPartition(topic: SimulationFeed.topic, partition: 1)
            for number in 1...300 { bench.feed(number) }
            bench.store.leaveOpen(place)
            bench.start { $0.inHandLimit = 20 }
            #expect(bench.wait { bench.broker.lag == 0 })
            #expect(bench.applied == 300)
        }
    }
}
