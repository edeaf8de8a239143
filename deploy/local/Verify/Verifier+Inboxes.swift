import Domain
import Foundation

extension Verifier {
    /// No event without its consequence: whatever lies in a reader's topic is in the reader's inbox, or dead.
    func inboxComplete(_ consumer: PipelineConsumer) -> Invariant? {
        let records = evidence.unread.filter { $0.consumer == consumer }
        guard !records.isEmpty || evidence.inboxes[consumer]?.isEmpty == false else { return nil }
        let dead = Set(evidence.deadLetters.filter { $0.consumer == consumer }.compactMap(\.origin))
        let rows = evidence.inboxes[consumer] ?? [:]
        let breaches = records.filter { rows[$0.inboxID] == nil && !dead.contains($0.origin) }
            .map { "\($0.origin): event \($0.inboxID.canonical) was never handled" }
        return Invariant(name: "inbox of \(consumer): every record", checked: records.count, breaches: breaches.sorted())
    }

    /// Every acknowledged event is in the inbox, every history row has its cause there, and whatever is there as applied by Triage left a trace.
    var inbox: Invariant {
        let triage = evidence.inboxes[.triage] ?? [:]
        var breaches: [String] = []
        for entry in evidence.acknowledged where entry.way == .topic {
            let outcome = triage[Self.eventID(entry)]
            if outcome == nil, deadLetters(of: entry).isEmpty, isWholeDead { breaches.append("\(Self.name(entry)): not in the inbox") }
            if outcome == "applied", entry.poison?.isDeadly == true { breaches.append("\(Self.name(entry)): applied, though it is no event") }
        }
        let causes = Set(evidence.history.filter { Self.ofTriage.contains($0.kind) && $0.origin != "api" }.map(\.cause))
        for cause in causes where !["applied", "parked"].contains(triage[cause]) {
            breaches.append("cause \(cause.canonical): in history, in the inbox as \(triage[cause] ?? "absent")")
        }
        for (id, outcome) in triage where ["applied", "parked"].contains(outcome) && !causes.contains(id) && evidence.parked[id] == nil {
            breaches.append("event \(id.canonical): \(outcome) without a trace")
        }
        return Invariant(name: "inbox: every event once, with its effect", checked: triage.count, breaches: breaches)
    }

    /// The kinds of change that an event on the tickets topic causes.
    private static let ofTriage: Set<String> = ["submitted", "replied", "linked"]

    /// Every dead letter has its row in the inbox, and every dead row its letter. One that was sent back and taken is dead no more.
    var deadLettersMarked: Invariant {
        var breaches: [String] = []
        var claimed: [PipelineConsumer: Set<UUID>] = [:]
        for letter in evidence.deadLetters {
            guard let id = letter.inboxID else {
                breaches.append("a dead letter (\(letter.reason)) names no event")
                continue
            }
            claimed[letter.consumer, default: []].insert(id)
            let outcome = evidence.inboxes[letter.consumer]?[id]
            if outcome != "dead", outcome != "replaying", !Self.wasTaken(letter, evidence) {
                breaches.append("dead letter \(id.canonical) (\(letter.reason)): in the inbox of \(letter.consumer) as \(outcome ?? "absent")")
            }
        }
        for (consumer, rows) in evidence.inboxes where evidence.isWhole(Topics.deadLetters(of: consumer.topic)) {
            for (id, outcome) in rows where outcome == "dead" && claimed[consumer]?.contains(id) != true {
                breaches.append("event \(id.canonical): dead for \(consumer), without a dead letter")
            }
        }
        let taken = evidence.deadLetters.count { Self.wasTaken($0, evidence) }
        return Invariant(
            name: "dead letters: each marked in its inbox", checked: evidence.deadLetters.count, breaches: breaches.sorted(),
            note: taken == 0 ? "" : "\(taken) were sent back and taken")
    }
}
