import Domain
import Foundation

extension Verifier {
    /// History has one row for each version, and one for each cause.
    var historyComplete: Invariant {
        let rows = Dictionary(grouping: evidence.history, by: \.ticket)
        var breaches: [String] = []
        for (id, ticket) in evidence.tickets {
            let versions = (rows[id] ?? []).map(\.version).sorted()
            if versions != Array(1...max(1, ticket.version)) {
                breaches.append("ticket \(id.canonical): version \(ticket.version), history \(versions.map(String.init).joined(separator: ","))")
            }
            let causes = (rows[id] ?? []).map(\.cause)
            if Set(causes).count != causes.count { breaches.append("ticket \(id.canonical): one cause has two history rows") }
        }
        let messages = Dictionary(grouping: evidence.messages, by: \.ticket).mapValues(\.count)
        for (id, ticket) in evidence.tickets where ticket.messageCount != messages[id] ?? 0 {
            breaches.append("ticket \(id.canonical): counts \(ticket.messageCount) messages, has \(messages[id] ?? 0)")
        }
        return Invariant(name: "history: versions 1...n, one row per cause", checked: evidence.history.count, breaches: breaches)
    }

    /// What stood in one partition was applied in its order. Replies that came before their ticket are applied with it, in their own order.
    var historyOrder: Invariant {
        var breaches: [String] = []
        for (ticket, rows) in Dictionary(grouping: evidence.history, by: \.ticket) {
            let rows = rows.sorted { $0.version < $1.version }
            guard let first = rows.first.flatMap({ Origin($0.origin) }) else { continue }
            var newest: [String: Int64] = [:]
            for row in rows.dropFirst() {
                guard let origin = Origin(row.origin) else { continue }
                let wasEarly = origin.partition == first.partition && origin.offset < first.offset
                let lane = "\(origin.partition) \(wasEarly)"
                if let last = newest[lane] ?? (origin.partition == first.partition && !wasEarly ? first.offset : nil), origin.offset <= last {
                    breaches.append("ticket \(ticket.canonical): version \(row.version) comes from \(row.origin), after offset \(last)")
                }
                newest[lane] = origin.offset
            }
        }
        return Invariant(name: "order: per ticket, as in its partition", checked: evidence.history.count, breaches: breaches)
    }

    /// `topic[partition]@offset`, taken apart.
    private struct Origin {
        let partition: Substring
        let offset: Int64

        init?(_ text: String) {
            guard let at = text.lastIndex(of: "@"), let offset = Int64(text[text.index(after: at)...]) else { return nil }
            partition = text[..<at]
            self.offset = offset
        }
    }

    var classifications: Invariant {
        var breaches: [String] = []
        for (id, ticket) in evidence.tickets where (evidence.revisions[id] ?? []).sorted() != Array(1...max(1, ticket.revision)) {
            let found = (evidence.revisions[id] ?? []).map(String.init).joined(separator: ",")
            breaches.append("ticket \(id.canonical): revision \(ticket.revision), classifications \(found)")
        }
        return Invariant(
            name: "classifications: revisions 1...n", checked: evidence.revisions.values.reduce(0) { $0 + $1.count }, breaches: breaches)
    }

    /// Every acknowledged event is in the inbox, every history row's cause is there as applied, and whatever is there as applied left a trace.
    var inbox: Invariant {
        var breaches: [String] = []
        for entry in evidence.acknowledged where entry.way == .topic {
            let outcome = evidence.inbox[Self.eventID(entry)]
            if outcome == nil, deadLetters(of: entry).isEmpty, evidence.forgottenDeadLetters == 0 {
                breaches.append("\(Self.name(entry)): not in the inbox")
            }
            if outcome == "applied", entry.poison?.isDeadly == true { breaches.append("\(Self.name(entry)): applied, though it is no event") }
        }
        let causes = Set(evidence.history.map(\.cause))
        for cause in causes where !["applied", "parked"].contains(evidence.inbox[cause]) {
            breaches.append("cause \(cause.canonical): in history, in the inbox as \(evidence.inbox[cause] ?? "absent")")
        }
        for (id, outcome) in evidence.inbox
        where ["applied", "parked"].contains(outcome) && !causes.contains(id) && evidence.parked[id] == nil {
            breaches.append("event \(id.canonical): \(outcome) without a trace")
        }
        return Invariant(name: "inbox: every event once, with its effect", checked: evidence.inbox.count, breaches: breaches)
    }

    /// Every dead letter has its row in the inbox.
    var deadLettersMarked: Invariant {
        var breaches: [String] = []
        for letter in evidence.deadLetters {
            guard let id = letter.inboxID else {
                breaches.append("a dead letter (\(letter.reason)) names no event")
                continue
            }
            if evidence.inbox[id] != "dead" {
                breaches.append("dead letter \(id.canonical) (\(letter.reason)): in the inbox as \(evidence.inbox[id] ?? "absent")")
            }
        }
        return Invariant(name: "dead letters: each marked in the inbox", checked: evidence.deadLetters.count, breaches: breaches)
    }

    // MARK: Told to others

    /// One `ticket.classified` for each classification; repeats carry the same id.
    var classifiedEvents: Invariant {
        var ids: [String: Set<String>] = [:]
        for change in evidence.changes where change.type == "ticket.classified" {
            guard let ticket = change.ticket, let revision = change.revision else { continue }
            ids["\(ticket.canonical) revision \(revision)", default: []].insert(change.id)
        }
        var breaches = ids.filter { $0.value.count > 1 }.map { "\($0.key): told under \($0.value.count) ids" }
        var stored: Set<String> = []
        for (ticket, revisions) in evidence.revisions { for revision in revisions { stored.insert("\(ticket.canonical) revision \(revision)") } }
        if evidence.forgottenChanges == 0 {
            breaches += stored.filter { ids[$0] == nil }.map { "\($0): never told" }
        }
        if evidence.since == 0 || evidence.forgottenChanges == 0 {
            breaches += ids.keys.filter { !stored.contains($0) && evidence.tickets[UUID(uuidString: String($0.prefix(36))) ?? UUID()] != nil }
                .map { "\($0): told, not stored" }
        }
        return Invariant(
            name: "ticket.classified: one id per revision", checked: ids.count, breaches: breaches.sorted(),
            note: evidence.forgottenChanges == 0 ? "" : "the broker has dropped \(evidence.forgottenChanges) records")
    }

    /// One `ticket.updated` for each stored reply, one `ticket.answered` for each answer that is shown.
    var updatedEvents: Invariant {
        var ids: [UUID: Set<String>] = [:]
        for change in evidence.changes where ["ticket.updated", "ticket.answered"].contains(change.type) {
            if let message = change.message { ids[message, default: []].insert(change.id) }
        }
        var breaches = ids.filter { $0.value.count > 1 }.map { "message \($0.key.canonical): told under \($0.value.count) ids" }
        if evidence.forgottenChanges == 0 {
            breaches += evidence.messages.filter { ids[$0.id] == nil }.map { "message \($0.id.canonical): never told" }
        }
        return Invariant(name: "ticket.updated, ticket.answered: one id per message", checked: ids.count, breaches: breaches.sorted())
    }

    // MARK: At rest

    var outboxEmpty: Invariant {
        Invariant(
            name: "outbox: empty", checked: evidence.outbox,
            breaches: evidence.outbox == 0 ? [] : ["\(evidence.outbox) events are committed and not told"])
    }

    var lagZero: Invariant {
        Invariant(
            name: "lag: 0", checked: evidence.lag.count,
            breaches: evidence.lag.sorted { $0.key < $1.key }.map { "\($0.key): \($0.value) records not committed as read" })
    }

    /// Whatever still waits, waits for a ticket that is not there.
    var parked: Invariant {
        Invariant(
            name: "parked replies: none whose ticket is here", checked: evidence.parked.count,
            breaches: evidence.parked.filter { evidence.tickets[$0.value] != nil }
                .map { "reply \($0.key.canonical): ticket \($0.value.canonical) is stored" },
            note: evidence.parked.isEmpty ? "" : "\(evidence.parked.count) wait for tickets that never came")
    }
}
