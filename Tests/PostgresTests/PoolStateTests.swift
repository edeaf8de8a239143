@testable import Postgres
import Testing

private final class Item: Sendable {}

@Suite struct PoolStateTests {
    private typealias State = PoolState<Item, Int>
    private let start = ContinuousClock.now

    private func waiting(_ id: UInt64, after seconds: Int = 5) -> State.Waiting {
        State.Waiting(id: id, waiter: Int(id), deadline: start + .seconds(seconds))
    }

    @Test func takesTheMostRecentlyUsed() {
        var state = State(maximum: 2, maximumWaiters: 1)
        let (old, new) = (Item(), Item())
        for _ in 0..<2 { guard case .open = state.acquire() else { Issue.record("expected open"); return } }
        _ = state.release(old, now: start)
        _ = state.release(new, now: start + .seconds(1))
        guard case .take(let taken) = state.acquire() else { Issue.record("expected take"); return }
        #expect(taken === new)
        let due = state.takeIdle(checkedBy: start)
        #expect(due.map { $0.item === old } == [true])
        #expect(state.leased == 2)
        // A check is no use: the connection goes on ageing, behind the ones that were used later.
        _ = state.release(new, now: start + .seconds(2))
        #expect(state.release(due[0], now: start + .seconds(9))?.id == nil)
        #expect(state.takeIdle(checkedBy: start + .seconds(8)).map { $0.item === new } == [true])
        #expect(state.takeIdle(checkedBy: start + .seconds(9)).map(\.since) == [start])
    }

    @Test func setsOneTimerForAllWhoWait() {
        var state = State(maximum: 1, maximumWaiters: 9)
        _ = state.acquire()
        #expect(state.wait(waiting(1)) == true)
        #expect(state.wait(waiting(2)) == false)
        #expect(state.release(Item(), now: start)?.id == 1)
        #expect(state.cancel(2)?.id == 2)
        #expect(state.cancel(2) == nil)
        // The first timer still runs.
        #expect(state.wait(waiting(3, after: 7)) == false)
        let early = state.expire(now: start + .seconds(5))
        #expect(early.expired.isEmpty)
        #expect(early.next == start + .seconds(7))
        let due = state.expire(now: start + .seconds(7))
        #expect(due.expired.map(\.id) == [3])
        #expect(due.next == nil)
        #expect(state.wait(waiting(4)) == true)
    }

    @Test func pausesGrowAndEndWithSuccess() throws {
        let gate = ReconnectGate(pause: .milliseconds(100)...(.milliseconds(400)))
        let error = PostgresError(kind: .connection, message: "away")
        var now = start
        var lowest: [Duration] = []
        for _ in 0..<5 {
            let attempt = try gate.enter(now: now)
            gate.failed(attempt, error, now: now)
            // Another attempt of the same moment does not double the pause again.
            gate.failed(attempt, error, now: now)
            #expect(throws: error) { try gate.enter(now: now) }
            var pause = Duration.zero
            while (try? gate.enter(now: now + pause)) == nil { pause += .milliseconds(1) }
            lowest.append(pause)
            now = now + pause
        }
        for (pause, full) in zip(lowest, [100, 200, 400, 400, 400]) {
            #expect(pause >= .milliseconds(full / 2) && pause <= .milliseconds(full + 1))
        }
        gate.succeeded()
        _ = try gate.enter(now: start)
    }
}
