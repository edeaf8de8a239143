import Domain
import Foundation
import Logging
import Messaging
import Synchronization
import TestSupport
import Testing
@testable import WorkerRuntime

@Suite struct OutboxRelayTests {
    /// Takes everything but what it is told to refuse, and notes how much it was given at once.
    private final class Sink: RecordSink {
        struct State {
            var taken: [OutgoingRecord] = []
            var pages: [Int] = []
            var refused = 0
            var isAway = false
        }

        let state = Mutex(State())
        let clock: DeterministicScheduler

        init(clock: DeterministicScheduler) { self.clock = clock }

        func send(_ record: OutgoingRecord) async throws(SinkError) { try await send(batch: [record])[0].get() }

        func send(batch: [OutgoingRecord]) async -> [Result<Void, SinkError>] {
            // Takes its time, or a loop without a pause would never let the clock go on.
            await clock.sleep(for: .milliseconds(1))
            return state.withLock { state in
                state.pages.append(batch.reduce(0) { $0 + ($1.value?.count ?? 0) })
                return batch.map { record in
                    if state.isAway { return .failure(SinkError(.timedOut, topic: record.topic, detail: "")) }
                    if record.topic == "refused" {
                        state.refused += 1
                        return .failure(SinkError(.tooLarge, topic: record.topic, detail: ""))
                    }
                    state.taken.append(record)
                    return .success(())
                }
            }
        }
    }

    private struct World {
        let scheduler = DeterministicScheduler(seed: 1)
        let store = InMemoryLedgerStore()
        let sink: Sink
        let process: SimulatedProcess
        let ledger: InMemoryLedger
        let logger = Logger(label: "relay") { _ in SwiftLogNoOpLogHandler() }

        init() {
            sink = Sink(clock: scheduler)
            process = scheduler.makeProcess()
            ledger = InMemoryLedger(store, clock: scheduler)
        }

        /// Leaves rows in the outbox, as a process that was killed would.
        func leave(_ count: Int, to topic: String, number: Int = 0, size: Int = 0) {
            let isDone = Atomic(false)
            Task(executorPreference: process) {
                let entry = LedgerEntry(eventID: .v7(), payloadHash: [1], isReplay: false)
                _ = try? await ledger.commit(consumer: "c", entries: [entry]) { fresh, _ in
                    let events = (0..<count).map { index in
                        EmittedEvent(
                            SimulatedEvent(ticketID: TicketID(.v7()), number: number + index, behaviour: .normal), to: topic, stage: "s",
                            cause: .v7(), time: Date(timeIntervalSince1970: 0), ticket: TicketID(.v7()),
                            traceparent: String(repeating: "x", count: size))
                    }
                    return fresh.map { _ in .applied(events) }
                }
                isDone.store(true, ordering: .relaxed)
            }
            _ = scheduler.run(until: scheduler.now() + .seconds(1)) { isDone.load(ordering: .relaxed) }
        }

        func start() {
            let relay = OutboxRelay(store: ledger, sink: sink, clock: scheduler, logger: logger)
            Task(executorPreference: process) { await relay.relayUntilCancelled() }
        }

        func wait(_ limit: Duration, until condition: () -> Bool) -> Bool {
            scheduler.run(until: scheduler.now() + limit, isDone: condition)
        }

        func pass(_ time: Duration) { _ = wait(time) { false } }
    }

    @Test func rowsThatAreRefusedDoNotBlockTheOthers() {
        let world = World()
        world.leave(1200, to: "refused")
        world.leave(30, to: "out")
        world.start()
        #expect(world.wait(.seconds(15)) { world.sink.state.withLock { $0.taken.count } == 30 })
        #expect(world.store.outboxDepth == 1200)
        // Each was tried once, and rests.
        world.pass(.seconds(30))
        #expect(world.sink.state.withLock { $0.refused } == 1200)
        // What comes later does not wait for them either, and they are not forgotten.
        world.leave(5, to: "out")
        #expect(world.wait(.seconds(15)) { world.sink.state.withLock { $0.taken.count } == 35 })
        #expect(world.wait(.seconds(61)) { world.sink.state.withLock { $0.refused } >= 2400 })
        world.process.kill()
    }

    @Test func aLogThatIsAwaySkipsNobody() {
        let world = World()
        for number in 0..<3 { world.leave(400, to: "out", number: number * 400) }
        world.sink.state.withLock { $0.isAway = true }
        world.start()
        world.pass(.seconds(40))
        // One page a second, and always the first.
        #expect((20...35).contains(world.sink.state.withLock { $0.pages.count }))
        world.sink.state.withLock { $0.isAway = false }
        #expect(world.wait(.seconds(5)) { world.store.outboxDepth == 0 })
        let numbers = world.sink.state.withLock { $0.taken }.map { record in
            (try? JSONDecoder().decode(SimulatedEvent.self, from: Data(record.value ?? [])))?.number
        }
        #expect(numbers == (0..<1200).map { $0 })
        world.process.kill()
    }

    @Test func aPageIsBoundedInBytes() {
        let world = World()
        world.leave(60, to: "out", size: 500_000)
        world.start()
        #expect(world.wait(.seconds(30)) { world.store.outboxDepth == 0 })
        let rows = world.sink.state.withLock { $0.taken.count }
        let pages = world.sink.state.withLock { $0.pages }
        #expect(rows == 60 && pages.count == 7, "\(pages.count) pages")
        world.process.kill()
    }

    @Test func thePublishersMemoryIsBoundedInBytes() {
        let world = World()
        let publisher = OutboxPublisher(store: world.ledger, sink: world.sink, clock: world.scheduler, byteLimit: 1_000_000, logger: world.logger)
        let row = OutboxRow(id: UUID(), record: OutgoingRecord(topic: "out", key: nil, value: [UInt8](repeating: 1, count: 100_000)))
        for _ in 0..<100 { publisher.enqueue([row]) }
        #expect(publisher.depth == 10)
        Task(executorPreference: world.process) { await publisher.publishUntilFinished() }
        #expect(world.wait(.seconds(1)) { publisher.depth == 0 })
        publisher.enqueue([row])
        #expect(publisher.depth == 1, "there is room again")
        world.process.kill()
    }

    @Test func whoCommitsWaitsForRoomAndNotForALogThatIsAway() {
        let world = World()
        let publisher = OutboxPublisher(store: world.ledger, sink: world.sink, clock: world.scheduler, logger: world.logger)
        let row = OutboxRow(id: UUID(), record: OutgoingRecord(topic: "out", key: nil, value: [1]))
        final class Waits: Sendable { let ended = Mutex<[(depth: Int, at: Duration)]>([]) }
        let waits = Waits(), clock = world.scheduler
        func wait() {
            Task(executorPreference: world.process) {
                await publisher.waitForRoom()
                waits.ended.withLock { $0.append((publisher.depth, clock.now())) }
            }
        }
        publisher.enqueue(Array(repeating: row, count: 1_999))
        wait()
        #expect(world.wait(.milliseconds(1)) { waits.ended.withLock { $0.count } == 1 }, "there is room")
        publisher.enqueue(Array(repeating: row, count: 2_001))
        let full = world.scheduler.now()
        wait()
        // Nobody publishes yet.
        #expect(world.wait(.seconds(3)) { waits.ended.withLock { $0.count } == 2 })
        #expect(waits.ended.withLock { (.milliseconds(900) ... .milliseconds(1_100)).contains($0[1].at - full) })
        Task(executorPreference: world.process) { await publisher.publishUntilFinished() }
        #expect(world.wait(.seconds(1)) { publisher.depth < 3_500 })
        wait()
        #expect(world.wait(.seconds(1)) { waits.ended.withLock { $0.count } == 3 })
        #expect(waits.ended.withLock { (1..<2_000).contains($0[2].depth) }, "\(waits.ended.withLock { $0[2].depth })")
        world.process.kill()
    }
}
