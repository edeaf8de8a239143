import Domain
import Foundation
import TestSupport
import Testing
@testable import WorkerRuntime

@Suite struct LaneSchedulerTests {
    let a = TicketID(UUID()), b = TicketID(UUID())

    /// The macro does not take calls that change the scheduler.
    private func expect<T: Equatable>(_ value: T, _ expected: T, sourceLocation: SourceLocation = #_sourceLocation) {
        #expect(value == expected, sourceLocation: sourceLocation)
    }

    private func decideAll(_ scheduler: inout LaneScheduler) {
        for item in scheduler.takeForDeciding(upTo: .max) { scheduler.decided(item) }
    }

    @Test func aTicketIsInOneOpenBatchAtATime() {
        var scheduler = LaneScheduler()
        scheduler.add(1, lane: a)
        scheduler.add(2, lane: b)
        decideAll(&scheduler)
        expect(scheduler.takeBatch(upTo: 10), [1, 2])
        scheduler.add(3, lane: a)
        decideAll(&scheduler)
        expect(scheduler.takeBatch(upTo: 10), [])
        scheduler.remove(1)
        expect(scheduler.takeBatch(upTo: 10), [3])
    }

    @Test func aBatchStopsAtTheFirstUndecidedEventOfALane() {
        var scheduler = LaneScheduler()
        for item in 1...4 { scheduler.add(item, lane: a) }
        _ = scheduler.takeForDeciding(upTo: 4)
        for item in [1, 2, 4] { scheduler.decided(item) }
        expect(scheduler.takeBatch(upTo: 10), [1, 2])
        scheduler.decided(3)
        expect(scheduler.takeBatch(upTo: 10), [])
        scheduler.remove(1)
        scheduler.remove(2)
        expect(scheduler.takeBatch(upTo: 10), [3, 4])
    }

    @Test func backingOffHoldsOnlyItsOwnLane() {
        var scheduler = LaneScheduler()
        scheduler.add(1, lane: a)
        scheduler.add(2, lane: a)
        scheduler.add(3, lane: b)
        decideAll(&scheduler)
        expect(scheduler.takeBatch(upTo: 1), [1])
        scheduler.backOff(1, until: .seconds(5))
        expect(scheduler.takeBatch(upTo: 10), [3])
        #expect(scheduler.wake(at: .seconds(4)) == .seconds(5))
        expect(scheduler.takeBatch(upTo: 10), [])
        #expect(scheduler.wake(at: .seconds(5)) == nil)
        expect(scheduler.takeBatch(upTo: 10), [1, 2])
    }

    @Test func theDyingKeepTheirPlaceUntilTheyAreGone() {
        var scheduler = LaneScheduler()
        for item in 1...3 { scheduler.add(item, lane: a) }
        _ = scheduler.takeForDeciding(upTo: 3)
        scheduler.die(2)
        scheduler.decided(1)
        scheduler.decided(3)
        #expect(scheduler.deciding == 0)
        expect(scheduler.takeBatch(upTo: 10), [1])
        scheduler.remove(1)
        expect(scheduler.takeBatch(upTo: 10), [])
        scheduler.remove(2)
        expect(scheduler.takeBatch(upTo: 10), [3])
    }

    @Test func whatIsGivenBackKeepsItsOrder() {
        var scheduler = LaneScheduler()
        for item in 1...3 { scheduler.add(item, lane: a) }
        decideAll(&scheduler)
        expect(scheduler.takeBatch(upTo: 10), [1, 2, 3])
        scheduler.giveBack([2, 3])
        scheduler.retake(1)
        expect(scheduler.takeBatch(upTo: 10), [])
        scheduler.remove(1)
        expect(scheduler.takeBatch(upTo: 10), [2, 3])
    }

    @Test func dropsOfUndecidedEventsLeaveNothingBehind() {
        var scheduler = LaneScheduler()
        scheduler.add(1, lane: a)
        scheduler.add(2, lane: a)
        _ = scheduler.takeForDeciding(upTo: 1)
        scheduler.remove(1)
        scheduler.remove(2)
        #expect(scheduler.deciding == 0)
        #expect(scheduler.count == 0)
        expect(scheduler.takeForDeciding(upTo: 5), [])
        scheduler.decided(1)
        #expect(!scheduler.hasReady)
    }

    /// Random walks: every lane is recorded in its order, no lane is in two open batches, and everything ends.
    @Test(arguments: 1...40 as ClosedRange<UInt64>) func anyWalkKeepsLaneOrder(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        var scheduler = LaneScheduler()
        let lanes = (0..<5).map { _ in TicketID(UUID()) }
        var laneOf: [Int: TicketID] = [:]
        var deciding: [Int] = []
        var open: [[Int]] = []
        var done: [TicketID: [Int]] = [:]
        var now: Duration = .zero
        var next = 0
        var steps = 0
        while next < 200 || scheduler.count > 0 {
            steps += 1
            guard steps < 50_000 else { Issue.record("does not end"); return }
            switch generator.below(8) {
            case 0 where next < 200, 1 where next < 200:
                next += 1
                laneOf[next] = lanes[generator.below(5)]
                scheduler.add(next, lane: laneOf[next]!)
            case 2: deciding += scheduler.takeForDeciding(upTo: 1 + generator.below(6))
            case 3 where !deciding.isEmpty:
                let item = deciding.remove(at: generator.below(deciding.count))
                if generator.chance(0.1) { scheduler.backOff(item, until: now + .seconds(generator.below(5))) } else { scheduler.decided(item) }
            case 4:
                let batch = scheduler.takeBatch(upTo: 1 + generator.below(8))
                if !batch.isEmpty {
                    let busy = Set(open.joined().map { laneOf[$0]! })
                    #expect(busy.isDisjoint(with: batch.map { laneOf[$0]! }))
                    open.append(batch)
                }
            case 5 where !open.isEmpty, 6 where !open.isEmpty:
                let batch = open.remove(at: generator.below(open.count))
                let isSingle = batch.count == 1
                if generator.chance(0.2) {
                    if isSingle { scheduler.backOff(batch[0], until: now + .seconds(2)) } else { scheduler.giveBack(batch) }
                } else {
                    for item in batch {
                        done[laneOf[item]!, default: []].append(item)
                        scheduler.remove(item)
                    }
                }
            default:
                now += .seconds(1)
                _ = scheduler.wake(at: now)
            }
        }
        for (_, items) in done { #expect(items == items.sorted()) }
        #expect(done.values.reduce(0) { $0 + $1.count } == 200)
    }
}
