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

    /// One attempt to answer at least for every ticket, numbered without gaps.
    var answers: Invariant {
        let numbers = Dictionary(grouping: evidence.answers, by: \.ticket).mapValues { $0.map(\.number).sorted() }
        var breaches: [String] = []
        for id in evidence.tickets.keys {
            let found = numbers[id] ?? []
            if found.isEmpty {
                breaches.append("ticket \(id.canonical): no answer, not even that there is none")
            } else if found != Array(1...found.count) {
                breaches.append("ticket \(id.canonical): answers \(found.map(String.init).joined(separator: ","))")
            }
        }
        return Invariant(name: "answers: 1...n for every ticket", checked: evidence.answers.count, breaches: breaches)
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

    // MARK: At rest

    var outboxEmpty: Invariant {
        Invariant(
            name: "outbox: empty", checked: evidence.outbox,
            breaches: evidence.outbox == 0 ? [] : ["\(evidence.outbox) events are committed and not told"])
    }

    var lagZero: Invariant {
        Invariant(
            name: "lag: 0 for every group", checked: evidence.lag.count,
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

    /// No timer waits that should have gone off.
    var timers: Invariant {
        Invariant(name: "timers: none left behind", checked: evidence.clocks.count, breaches: evidence.overdueTimers.sorted())
    }

    /// The sums that dashboards read are the sums of what is stored.
    var rollups: Invariant {
        Invariant(
            name: "rollups: as a recount", checked: evidence.told.count { $0.type == "metric.recorded" }, breaches: evidence.miscounts ?? [],
            note: evidence.miscounts == nil ? "not compared" : "")
    }
}
