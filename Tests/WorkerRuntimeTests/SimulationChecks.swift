import Domain
import Foundation
import Messaging
import TestSupport
import WorkerRuntime

extension Simulation {
    /// Nil when each of these records is handled for good, so that its offset may be stored.
    static func complaint(about records: [Record], in store: InMemoryLedgerStore) -> String? {
        let inbox = store.inbox
        for record in records {
            let raw = RawEvent(record)
            let isHandled = inbox[raw.id].map { $0.payloadHash == raw.payloadHash } ?? false
            if !isHandled && inbox[raw.placeID] == nil { return "offset stored past \(raw.origin), which is not finished" }
        }
        return nil
    }

    /// Compares what the world holds in the end with what was fed to it.
    func check(_ fed: [(place: TopicPartition, offset: Int64, fate: FedRecord.Fate)]) -> [String] {
        var wrong: [String] = []
        let inbox = ledgerStore.inbox
        let tickets = ledgerStore.tickets
        var applied: [UUID: Int] = [:]
        for (ticket, history) in tickets {
            var last: (place: Substring, offset: Int)?
            for (index, change) in history.enumerated() {
                if change.version != index + 1 { wrong.append("ticket \(ticket): version \(change.version) at \(index)") }
                applied[change.cause, default: 0] += 1
                let parts = change.origin.split(separator: "@")
                let here = (place: parts[0], offset: Int(parts[1])!)
                if let last, last.place == here.place, last.offset >= here.offset {
                    wrong.append("ticket \(ticket): \(change.origin) after \(last.offset)")
                }
                last = here
            }
        }
        var letters: [String: Set<String>] = [:]
        for letter in broker.records(of: Topics.deadLetters(of: SimulationFeed.topic)) {
            letters[letter.headers[text: DeadLetter.eventIDHeader] ?? "", default: []]
                .insert(letter.headers[text: DeadLetter.reasonHeader] ?? "")
        }
        let inputs = Dictionary(
            uniqueKeysWithValues: broker.records(of: SimulationFeed.topic).map { ("\($0.source)@\($0.offset)", RawEvent($0)) })
        var expectedOutput: Set<String> = []
        for (place, offset, fate) in fed {
            guard let raw = inputs["\(place)@\(offset)"] else { continue }
            func expect(_ id: UUID, _ outcome: InMemoryLedgerStore.InboxRow.Outcome, _ reason: DeadReason?) {
                let row = inbox[id]
                if row?.outcome != outcome || reason.map({ $0.rawValue != row?.reason }) ?? false {
                    wrong.append("\(raw.origin): expected \(fate), inbox has \(row.map { "\($0.outcome) \($0.reason)" } ?? "nothing")")
                }
                if let reason, letters[id.canonical]?.contains(reason.rawValue) != true {
                    wrong.append("\(raw.origin): no dead letter for \(reason)")
                }
            }
            switch fate {
            case .applied:
                expect(raw.id, .applied, nil)
                if applied[raw.id] != 1 { wrong.append("\(raw.origin): applied \(applied[raw.id] ?? 0) times") }
                expectedOutput.insert(
                    UUID.v5(namespace: IDNamespace.emitted, "simulation", raw.id.canonical, SimulatedEvent.type, "0").canonical)
            case .ignored: expect(raw.id, .ignored, nil)
            case .dead(let reason):
                expect(raw.id, .dead, reason)
                if applied[raw.id] != nil { wrong.append("\(raw.origin): dead and applied") }
            case .deadHere(let reason): expect(raw.placeID, .dead, reason)
            }
        }
        if applied.count != expectedOutput.count { wrong.append("applied \(applied.count), expected \(expectedOutput.count)") }
        let output = Set(broker.records(of: SimulatedStage.output).compactMap { $0.headers[text: "ce_id"] })
        if output != expectedOutput {
            wrong.append("output lacks \(expectedOutput.subtracting(output).count), has \(output.subtracting(expectedOutput).count) too many")
        }
        if broker.lag != 0 { wrong.append("lag \(broker.lag)") }
        if ledgerStore.outboxDepth != 0 { wrong.append("outbox \(ledgerStore.outboxDepth)") }
        if !ledgerStore.openRows.isEmpty { wrong.append("assignment rows open after a clean end: \(ledgerStore.openRows.count)") }
        return wrong
    }
}
