import TestSupport
import Testing
@testable import WorkerRuntime

@Suite struct OffsetTrackerTests {
    /// The macro does not take calls that change the tracker.
    private func expect<T: Equatable>(_ value: T, _ expected: T, sourceLocation: SourceLocation = #_sourceLocation) {
        #expect(value == expected, sourceLocation: sourceLocation)
    }

    @Test func advancesOnlyOverFinishedRecords() {
        var tracker = OffsetTracker()
        for offset in [5, 6, 9] as [Int64] { expect(tracker.dispatch(offset), true) }
        #expect(tracker.next == 5)
        expect(tracker.finish(6), nil)
        #expect(tracker.span == 5)
        expect(tracker.finish(5), 7)
        expect(tracker.finish(9), 10)
        #expect(tracker.count == 0 && tracker.span == 0 && tracker.newest == 9)
    }

    @Test func refusesRedeliveries() {
        var tracker = OffsetTracker()
        expect(tracker.dispatch(3), true)
        expect(tracker.dispatch(3), false)
        expect(tracker.finish(3), 4)
        expect(tracker.dispatch(2), false)
        expect(tracker.dispatch(3), false)
        expect(tracker.dispatch(4), true)
        expect(tracker.finish(77), nil)
    }

    /// Against the definition: the smallest dispatched offset that is not finished, or one past the last.
    @Test(arguments: 1...50 as ClosedRange<UInt64>) func agreesWithItsDefinition(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        var tracker = OffsetTracker()
        var offset: Int64 = Int64(generator.below(100))
        var unfinished: [Int64] = []
        var highest: Int64?
        var told: Int64?
        for _ in 0..<300 {
            if generator.chance(0.5) || unfinished.isEmpty {
                expect(tracker.dispatch(offset), true)
                unfinished.append(offset)
                highest = offset
                offset += 1 + Int64(generator.chance(0.1) ? generator.below(20) : 0)
            } else {
                let finished = unfinished.remove(at: generator.below(unfinished.count))
                if let next = tracker.finish(finished) {
                    #expect(next > told ?? -1)
                    told = next
                    #expect(unfinished.allSatisfy { $0 >= next })
                    if unfinished.isEmpty { #expect(next == highest! + 1) }
                }
            }
            #expect(tracker.span == (unfinished.first.map { highest! - $0 + 1 } ?? 0))
        }
    }
}
