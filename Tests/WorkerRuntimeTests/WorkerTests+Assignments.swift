import Domain
import Foundation
import Messaging
import Observability
import Synchronization
import TestSupport
import Testing
@testable import WorkerRuntime

/// Partitions that come and go, and the end of a worker.
extension WorkerTests {
    @Test func aRevokedPartitionIsDrainedThenReleased() async {
        await scenario { bench in
            for number in 1...10 { bench.feed(number) }
            bench.start(decideTime: .seconds(3)) {
                $0.decideChunk = 1; $0.parallelDecides = 10
            }
            bench.pass(.seconds(1))
            bench.broker.forceRebalance()
            #expect(bench.wait(.seconds(4)) { bench.broker.committed.values.reduce(0, +) == 10 })
            #expect(bench.store.openRows.isEmpty || bench.wait(.seconds(2)) { !bench.store.openRows.isEmpty })
            bench.feed(11)
            #expect(bench.wait(.seconds(10)) { bench.applied == 11 })
            #expect(bench.fate.decisions.values.allSatisfy { $0.count == 1 })
        }
    }

    @Test func aRevocationDoesNotWaitForEver() async {
        await scenario { bench in
            bench.feed(1)
            bench.start(decideTime: .seconds(40))
            bench.pass(.seconds(1))
            bench.broker.forceRebalance()
            bench.pass(.seconds(9))
            #expect(bench.fate.decisions[1]?.count == 1)
            // Given back, dealt anew and delivered again.
            #expect(bench.wait(.seconds(3)) { bench.fate.decisions[1]?.count == 2 })
            #expect(bench.broker.committed.isEmpty)
        }
    }

    @Test func aLostAssignmentStoresNothingAndTheInboxAbsorbsTheRest() async {
        await scenario { bench in
            for number in 1...5 { bench.feed(number) }
            bench.start(decideTime: .seconds(3)) {
                $0.decideChunk = 1; $0.parallelDecides = 5
            }
            bench.pass(.seconds(1))
            bench.expel()
            bench.pass(.milliseconds(2500))
            #expect(bench.broker.committed.isEmpty)
            #expect(bench.wait(.seconds(20)) { bench.broker.lag == 0 })
            #expect(bench.applied == 5)
            #expect(bench.fate.decisions.values.allSatisfy { $0.count == 2 })
        }
    }

    // MARK: The end

    @Test func shutdownFinishesWhatIsInHand() async {
        await scenario { bench in
            for number in 1...5 { bench.feed(number) }
            bench.start(decideTime: .seconds(3)) {
                $0.decideChunk = 1; $0.parallelDecides = 5
            }
            bench.pass(.seconds(1))
            bench.stop()
            #expect(bench.wait(.seconds(4)) { bench.isEnded })
            #expect(bench.applied == 5 && bench.broker.lag == 0 && bench.store.openRows.isEmpty)
        }
    }

    @Test func shutdownEndsInTimeWhateverRuns() async {
        await scenario { bench in
            bench.feed(1)
            bench.feed(2, .brokenRecord)
            bench.start(decideTime: .seconds(500)) { $0.decideChunk = 1 }
            bench.pass(.seconds(1))
            bench.stop()
            bench.pass(.seconds(9))
            #expect(!bench.isEnded)
            #expect(bench.wait(.seconds(3)) { bench.isEnded })
            #expect(bench.broker.lag == 2)
        }
    }

    @Test func aCancelledWorkerEndsAtOnce() async {
        await scenario { bench in
            bench.feed(1)
            bench.start(decideTime: .seconds(500))
            bench.pass(.seconds(1))
            bench.cancel()
            #expect(bench.wait(.seconds(1)) { bench.isEnded })
        }
    }
}
