import Domain
import Foundation
import Messaging
import Observability
import Synchronization
import TestSupport
import Testing
@testable import WorkerRuntime

extension WorkerTests {
    @Test func anOffsetWaitsForItsDeadLetter() async {
        await scenario { bench in
            bench.refuse { $0.topic.hasSuffix(".dlq") ? SinkError(.timedOut, topic: $0.topic, detail: "") : nil }
            bench.feed(1, .invalid)
            bench.feed(2)
            bench.start()
            bench.pass(.seconds(100))
            #expect(bench.applied == 1 && bench.broker.committed.isEmpty)
            #expect(bench.store.inbox.count == 1)
            bench.refuse(nil)
            #expect(bench.wait(.seconds(15)) { bench.broker.lag == 0 })
            #expect(bench.letters.count == 1)
        }
    }

    /// A producer without a time limit waits without a word for a topic that its brokers do not let it see.
    @Test func deadLettersThatNobodyAnswersMakeUnready() async {
        await scenario { bench in
            bench.isLogSilent = true
            bench.feed(1, .invalid)
            bench.start()
            #expect(bench.wait(.seconds(20)) { bench.standstills.last??.contains("dead-letter topic") == true })
            #expect(bench.broker.committed.isEmpty)
            bench.isLogSilent = false
            #expect(bench.wait(.seconds(20)) { bench.broker.lag == 0 })
            #expect(bench.letters.count == 1 && bench.standstills.last! == nil)
        }
    }

    @Test func onlyTheLetterThatIsTooLargeIsCut() async {
        await scenario { bench in
            bench.refuse { record in
                record.topic.hasSuffix(".dlq") && (record.value?.count ?? 0) > 300_000
                    ? SinkError(.tooLarge, topic: record.topic, detail: "") : nil
            }
            bench.feed(1, .invalid, padding: 600_000)
            bench.feed(2, .invalid, padding: 250_000)
            bench.start()
            #expect(bench.wait(.seconds(15)) { bench.broker.lag == 0 })
            let cut = bench.letters.filter { $0.headers[text: "dlq-truncated-from"] != nil }
            #expect(bench.letters.count == 2 && cut.count == 1)
            #expect(cut.first?.value?.count == 225_000)
        }
    }

    @Test func aReplayIsAcceptedOnce() async {
        await scenario { bench in
            let raw = bench.feed(1, .brokenAlike)
            bench.start()
            #expect(bench.wait { bench.broker.lag == 0 })
            let letter = bench.letters[0]
            bench.fate.isMended = true
            bench.store.replay(raw.id)
            for _ in 0..<2 {
                bench.broker.append(
                    OutgoingRecord(topic: SimulationFeed.topic, key: letter.key, value: letter.value, headers: letter.headers))
            }
            #expect(bench.wait { bench.broker.lag == 0 })
            #expect(bench.applied == 1 && bench.store.inbox[raw.id]?.outcome == .applied)
        }
    }
}
