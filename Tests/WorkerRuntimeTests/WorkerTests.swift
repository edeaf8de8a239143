import Domain
import Foundation
import Messaging
import Observability
import Synchronization
import TestSupport
import Testing
@testable import WorkerRuntime

@Suite struct WorkerTests {
    /// Runs a scenario on this thread and takes the broker's complaints as failures.
    func scenario(partitions: Int32 = 1, _ body: (WorkerBench) -> Void) async {
        let bench = WorkerBench(partitions: partitions)
        body(bench)
        #expect(bench.broker.violations == [])
        bench.process.kill()
    }

    @Test func attemptsAreSpacedAndHoldUpNobodyElse() async {
        await scenario { bench in
            bench.feed(1, .brokenDecide)
            bench.feed(2)
            bench.feed(3, ticket: 1)
            bench.start()
            #expect(bench.wait(.seconds(1)) { bench.applied == 1 })
            #expect(bench.wait { bench.broker.lag == 0 })
            let times = bench.fate.decisions[1]!
            let waits = zip(times, times.dropFirst()).map { $1 - $0 }
            #expect(waits.count == 4)
            for (wait, expected) in zip(waits, [1, 3, 8, 18]) {
                #expect(wait >= .seconds(expected) && wait < .seconds(expected) + .milliseconds(200))
            }
            #expect(bench.letters.map { $0.headers[text: "dlq-reason"] } == ["failed"])
            #expect(bench.letters.first?.headers[text: "dlq-attempts"] == "5")
            #expect(bench.applied == 2)
        }
    }

    @Test func invalidEventsDieAtOnce() async {
        await scenario { bench in
            let raw = bench.feed(1, .invalid)
            bench.start()
            #expect(bench.wait(.seconds(3)) { bench.broker.lag == 0 })
            #expect(bench.fate.decisions[1]?.count == 1)
            #expect(bench.store.inbox[raw.placeID]?.reason == "invalid")
        }
    }

    @Test func aBadEventInABatchIsFoundByHalving() async {
        await scenario { bench in
            for number in 1...40 { bench.feed(number, number == 23 ? .brokenRecord : .normal, ticket: number % 7) }
            bench.start()
            #expect(bench.wait(.seconds(5)) { bench.applied == 23 - 1 + (24...40).filter { $0 % 7 != 2 }.count })
            #expect(bench.wait { bench.broker.lag == 0 })
            #expect(bench.letters.count == 1 && bench.applied == 39)
        }
    }

    /// A batch that takes longer than the server allows would take as long again.
    @Test func whatIsTooMuchForOneTransactionIsDoneInSeveral() async {
        await scenario { bench in
            for number in 1...300 { bench.feed(number) }
            bench.fate.largestBatch = 20
            bench.start()
            #expect(bench.wait(.seconds(60)) { bench.broker.lag == 0 })
            #expect(bench.applied == 300 && bench.letters.isEmpty)
        }
    }

    @Test func tenTicketsThatFailAlikeStopEverything() async {
        await scenario { bench in
            for number in 1...14 { bench.feed(number, .brokenAlike) }
            bench.start()
            #expect(bench.wait { bench.standstills.contains { $0?.contains("alike") ?? false } })
            bench.pass(.seconds(60))
            #expect(bench.letters.count == 9)
            #expect(bench.standstills.last! != nil)
            bench.fate.isMended = true
            #expect(bench.wait(.seconds(60)) { bench.broker.lag == 0 })
            #expect(bench.applied == 5)
            #expect(bench.standstills.last! == nil)
        }
    }

    /// With the partitions everything in hand went away, and with it what could have succeeded and ended the standstill.
    @Test(arguments: [true, false])
    func aSuspicionDoesNotOutliveItsEvents(areLost: Bool) async {
        await scenario { bench in
            for number in 1...14 { bench.feed(number, .brokenAlike) }
            bench.start()
            #expect(bench.wait { bench.standstills.contains { $0?.contains("alike") ?? false } })
            func takeAway() {
                if areLost { bench.expel() } else { bench.broker.forceRebalance() }
                bench.pass(.seconds(1))
            }
            let before = bench.standstills.count
            takeAway()
            #expect(bench.standstills.dropFirst(before).first == .some(nil))
            // The fault is still there: the suspicion comes back, and buries nobody meanwhile.
            #expect(bench.wait { bench.standstills.last! != nil })
            bench.pass(.seconds(100))
            #expect(bench.letters.count == 9)
            bench.fate.isMended = true
            takeAway()
            #expect(bench.wait(.seconds(20)) { bench.broker.lag == 0 })
            #expect(bench.applied == 5 && bench.letters.count == 9)
            #expect(bench.standstills.last! == nil && bench.metrics.isPaused.value == 0)
        }
    }

    /// A probe that succeeds where the work fails must not make the worker spin.
    @Test func aStandstillThatComesBackIsProbedMoreAndMoreSlowly() async {
        await scenario { bench in
            bench.feed(1)
            bench.isCommitAway = true
            bench.start()
            bench.pass(.seconds(30))
            let early = bench.probes
            bench.pass(.seconds(60))
            #expect((25...35).contains(bench.probes - early), "expected one in 2 s, had \(bench.probes - early) in 60 s")
            bench.isCommitAway = false
            #expect(bench.wait(.seconds(3)) { bench.broker.lag == 0 })
            #expect(bench.letters.isEmpty && bench.standstills.last! == nil)
            // After a good while the next one is looked after at once again.
            bench.pass(.seconds(60))
            bench.isDatabaseAway = true
            bench.feed(2)
            #expect(bench.wait(.seconds(5)) { bench.standstills.last! != nil })
            bench.pass(.milliseconds(250))
            bench.isDatabaseAway = false
            #expect(bench.wait(.milliseconds(600)) { bench.applied == 2 })
        }
    }

    @Test func anAwayDatabaseCostsNoAttempts() async {
        await scenario { bench in
            for number in 1...5 { bench.feed(number) }
            bench.start(decideTime: .seconds(2))
            bench.pass(.seconds(1))
            bench.isDatabaseAway = true
            bench.pass(.seconds(100))
            #expect(bench.standstills.count == 1 && bench.standstills[0] != nil)
            bench.isDatabaseAway = false
            #expect(bench.wait(.seconds(10)) { bench.broker.lag == 0 })
            #expect(bench.applied == 5 && bench.letters.isEmpty && bench.standstills.last! == nil)
            #expect(bench.fate.decisions.values.allSatisfy { $0.count == 1 })
        }
    }

    @Test func anAwayModelCostsNoAttempts() async {
        await scenario { bench in
            bench.feed(1)
            bench.fate.isModelAway = true
            bench.start()
            bench.pass(.seconds(100))
            #expect(bench.letters.isEmpty && bench.standstills == [bench.standstills.first ?? nil])
            bench.fate.isModelAway = false
            #expect(bench.wait(.seconds(10)) { bench.applied == 1 })
        }
    }

    @Test func whatIsInTheWayIsNotRunIntoOverAndOver() async {
        await scenario { bench in
            bench.feed(1)
            bench.isInTheWay = true
            bench.start()
            bench.pass(.seconds(60))
            #expect((100...200).contains(bench.tries), "expected one in half a second, had \(bench.tries) in 60 s")
            bench.isInTheWay = false
            #expect(bench.wait(.seconds(3)) { bench.broker.lag == 0 })
            #expect(bench.applied == 1 && bench.letters.isEmpty && bench.standstills.isEmpty)
        }
    }

    @Test func aBatchThatCollidesOnceMoreIsHalved() async {
        await scenario { bench in
            for number in 1...64 { bench.feed(number) }
            bench.isInTheWay = true
            bench.start { $0.parallelCommits = 1 }
            #expect(bench.wait(.seconds(3)) { bench.tries == 2 })
            bench.isInTheWay = false
            #expect(bench.wait(.seconds(3)) { bench.broker.lag == 0 })
            let batches = bench.metrics.batchEvents.total
            #expect(bench.applied == 64 && batches.count >= 2 && batches.sum / Double(batches.count) <= 32, "\(batches)")
        }
    }

    // MARK: Bounds

    @Test func handsFillOnlyToTheirLimit() async {
        await scenario { bench in
            for number in 1...900 { bench.feed(number) }
            bench.start(decideTime: .milliseconds(100)) {
                $0.inHandLimit = 100; $0.decideChunk = 1; $0.parallelDecides = 4
            }
            let most = Mutex(0.0)
            bench.wait {
                most.withLock { $0 = max($0, bench.metrics.inHand.value) }; return bench.broker.lag == 0
            }
            #expect(bench.applied == 900)
            #expect(most.withLock { $0 } >= 90 && most.withLock { $0 } <= 164)
            #expect(bench.metrics.inHandBytes.value == 0)
        }
    }

    @Test func handsThatAreFullForAMomentPauseNothing() async {
        for (decideTime, isPaused) in [(Duration.milliseconds(1), false), (.seconds(1), true)] {
            await scenario { bench in
                for number in 1...900 { bench.feed(number) }
                bench.start(decideTime: decideTime) { $0.inHandLimit = 100 }
                var most = 0.0
                #expect(
                    bench.wait(.seconds(1000)) {
                        most = max(most, bench.metrics.inHand.value)
                        return bench.broker.lag == 0
                    })
                #expect(most >= 90, "hands were full")
                #expect((bench.pauses > 0) == isPaused, "\(bench.pauses) pauses at \(decideTime)")
            }
        }
    }

    @Test func bytesInHandAreBoundedToo() async {
        await scenario { bench in
            for number in 1...400 { bench.feed(number, padding: 10_000) }
            bench.start(decideTime: .milliseconds(100)) {
                $0.inHandBytes = 200_000; $0.decideChunk = 1; $0.inHandLimit = 70
            }
            let most = Mutex(0.0)
            bench.wait {
                most.withLock { $0 = max($0, bench.metrics.inHandBytes.value) }; return bench.broker.lag == 0
            }
            #expect(bench.applied == 400)
            #expect(most.withLock { $0 } <= 200_000 + 70 * 10_600)
            #expect(bench.metrics.inHandBytes.value == 0)
        }
    }

    @Test func theOffsetWindowIsBounded() async {
        await scenario { bench in
            bench.feed(1, .brokenDecide)
            for number in 2...1000 { bench.feed(number) }
            bench.start {
                $0.offsetWindow = 50; $0.inHandLimit = 30
            }
            bench.pass(.seconds(20))
            #expect((50...(50 + 65)).contains(bench.applied))
            #expect(bench.broker.committed.isEmpty)
            #expect(bench.wait { bench.broker.lag == 0 })
            #expect(bench.applied == 999)
        }
    }
}
