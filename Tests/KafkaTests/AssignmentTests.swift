@testable import Kafka
import Messaging
import Testing

@Suite("What a group member holds")
struct AssignmentTests {
    static let a = TopicPartition(topic: "t", partition: 0)
    static let b = TopicPartition(topic: "t", partition: 1)

    private func held() -> Assignment {
        var assignment = Assignment()
        _ = assignment.assign([
            AssignedPartition(partition: Self.a, committed: 10, lowWatermark: 0),
            AssignedPartition(partition: Self.b, committed: nil, lowWatermark: 0)
        ])
        return assignment
    }

    @Test func generationsGrow() {
        var assignment = Assignment()
        let first = assignment.assign([])
        _ = assignment.drop()
        let second = assignment.assign([])
        #expect([first, second] == [1, 2])
    }

    @Test(arguments: [
        (OffsetMark(partition: a, next: 11, generation: 1), true),
        (OffsetMark(partition: a, next: 10, generation: 1), false),
        (OffsetMark(partition: a, next: 11, generation: 0), false),
        (OffsetMark(partition: a, next: 11, generation: 2), false),
        (OffsetMark(partition: b, next: 0, generation: 1), true),
        (OffsetMark(partition: TopicPartition(topic: "t", partition: 2), next: 5, generation: 1), false)
    ])
    func marksMoveForwardInTheirGeneration(_ mark: OffsetMark, _ counts: Bool) {
        let expected = counts ? [mark.partition: mark.next] : [:]
        var held = held()
        let whileHeld = held.advance([mark])
        #expect(whileHeld == expected)
        var revoked = self.held()
        _ = revoked.revoke()
        let whileRevoked = revoked.advance([mark])
        #expect(whileRevoked == expected, "progress counts until the release")
        var dropped = self.held()
        _ = dropped.drop()
        let afterwards = dropped.advance([mark])
        #expect(afterwards.isEmpty)
    }

    @Test func onlyWhatIsPausedIsResumed() {
        var assignment = held()
        #expect(assignment.resumable([Self.a]).isEmpty)
        #expect(assignment.pausable([Self.a, Self.a]) == [Self.a])
        assignment.didPause([Self.a])
        #expect(assignment.pausable([Self.a, Self.b]) == [Self.b])
        #expect(assignment.resumable([Self.a, Self.b]) == [Self.a])
        _ = assignment.revoke()
        #expect(assignment.pausable([Self.b]).isEmpty)
        let stillPaused = assignment.drop()
        #expect(stillPaused == [Self.a], "a pause would outlive the assignment")
        #expect(assignment.paused.isEmpty)
    }

    @Test func aReleaseEndsOnlyItsRevocation() {
        var assignment = held()
        #expect(!assignment.mayRelease(1))
        #expect(assignment.delivers)
        let first = assignment.revoke()
        let second = assignment.revoke()
        #expect(first && !second)
        #expect(!assignment.delivers)
        #expect(!assignment.mayRelease(0))
        #expect(assignment.mayRelease(1))
        _ = assignment.drop()
        #expect(!assignment.mayRelease(1))
    }
}
