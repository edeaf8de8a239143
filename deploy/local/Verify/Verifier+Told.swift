import Domain
import Foundation

/// What the stages told each other and the rest of the world.
extension Verifier {
    /// Publishing twice repeats the id and the content; two contents never share an id.
    var uniqueIDs: Invariant {
        var contents: [String: Set<[UInt8]>] = [:]
        for told in evidence.told { contents["\(told.topic) \(told.id)", default: []].insert(told.hash) }
        return Invariant(
            name: "published ids: one content each", checked: contents.count,
            breaches: contents.filter { $0.value.count > 1 }.map { "\($0.key): \($0.value.count) contents" }.sorted())
    }

    /// One `ticket.classified` for each classification.
    var classifiedEvents: Invariant {
        var stored: Set<String> = []
        for (ticket, revisions) in evidence.revisions { for revision in revisions { stored.insert("\(ticket.canonical) revision \(revision)") } }
        return onceEach("ticket.classified: one id per revision", "ticket.classified", Topics.changes, stored) { told in
            guard let ticket = told.ticket, let revision = told.revision else { return nil }
            return "\(ticket.canonical) revision \(revision)"
        }
    }

    /// One `ticket.answered` for each attempt to answer.
    var answeredEvents: Invariant {
        let stored = Set(evidence.answers.map { "\($0.ticket.canonical) answer \($0.number)" })
        return onceEach("ticket.answered: one id per answer", "ticket.answered", Topics.changes, stored) { told in
            guard let ticket = told.ticket, let number = told.number else { return nil }
            return "\(ticket.canonical) answer \(number)"
        }
    }

    /// One `ticket.updated` for each stored reply, one `ticket.answered` for each answer that the requester sees.
    var messageEvents: Invariant {
        var ids: [UUID: Set<String>] = [:]
        for told in evidence.told where ["ticket.updated", "ticket.answered"].contains(told.type) {
            if let message = told.message { ids[message, default: []].insert(told.id) }
        }
        var breaches = ids.filter { $0.value.count > 1 }.map { "message \($0.key.canonical): told under \($0.value.count) ids" }
        if evidence.isWhole(Topics.changes) {
            breaches += evidence.messages.filter { ids[$0.id] == nil }.map { "message \($0.id.canonical): never told" }
        }
        return Invariant(name: "messages: each told under one id", checked: ids.count, breaches: breaches.sorted())
    }

    /// One escalation for each ticket, rule and cycle, and exactly the events told that it names: one for each ground it was raised on.
    var escalatedEvents: Invariant {
        func name(_ ticket: UUID, _ rule: String, _ cycle: Int) -> String { "\(ticket.canonical) \(rule), cycle \(cycle)" }
        let rows = Dictionary(grouping: evidence.escalations) { name($0.ticket, $0.rule, $0.cycle) }
        var breaches = rows.filter { $0.value.count > 1 }.map { "\($0.key): stored \($0.value.count) times" }
        var owners: [String: String] = [:]
        for (row, escalations) in rows {
            let events = escalations.flatMap(\.events)
            if events.isEmpty { breaches.append("\(row): names no event") }
            if Set(events).count != events.count { breaches.append("\(row): names an event twice") }
            for event in events { owners[event.canonical] = row }
        }
        var told: [String: String] = [:]
        for event in evidence.told where event.type == "ticket.escalated" {
            guard let ticket = event.ticket, evidence.tickets[ticket] != nil else { continue }
            told[event.id] = name(ticket, event.about ?? "?", event.cycle ?? 0)
        }
        breaches += told.filter { owners[$0.key] != $0.value }.map { "\($0.value), event \($0.key): told, not stored" }
        if evidence.isWhole(Topics.escalations) {
            breaches += owners.filter { told[$0.key] == nil }.map { "\($0.value), event \($0.key): never told" }
        }
        return Invariant(name: "ticket.escalated: as stored, one row a rule", checked: rows.count, breaches: breaches.sorted())
    }

    /// A clock that warned or ran out told so once, and no other did.
    var clockEvents: Invariant {
        func name(_ ticket: UUID, _ target: String, _ cycle: Int) -> String { "\(ticket.canonical) \(target), cycle \(cycle)" }
        let rows = Dictionary(grouping: evidence.clocks) { name($0.ticket, $0.target, $0.cycle) }
        let doubled = rows.filter { $0.value.count > 1 }.map { "\($0.key): \($0.value.count) clocks" }
        func events(_ type: String, _ isStored: (Evidence.ClockRow) -> Bool) -> Invariant {
            let stored = Set(evidence.clocks.filter(isStored).map { name($0.ticket, $0.target, $0.cycle) })
            return onceEach(type, type, Topics.escalations, stored) { told in
                guard let ticket = told.ticket, let target = told.about, let cycle = told.cycle else { return nil }
                return name(ticket, target, cycle)
            }
        }
        let warned = events("sla.warned", \.isWarned), breached = events("sla.breached", \.isBreached)
        return Invariant(
            name: "sla.warned, sla.breached: once per clock", checked: warned.checked + breached.checked,
            breaches: doubled.sorted() + warned.breaches.map { "sla.warned \($0)" } + breached.breaches.map { "sla.breached \($0)" })
    }

    /// Each of `stored` was told under one id, and nothing else was.
    private func onceEach(
        _ name: String, _ type: String, _ topic: String, _ stored: Set<String>, _ key: (Evidence.Told) -> String?
    ) -> Invariant {
        var ids: [String: Set<String>] = [:]
        for told in evidence.told where told.type == type {
            // Tickets of an older run are none of our business.
            guard let key = key(told), let ticket = told.ticket, evidence.tickets[ticket] != nil else { continue }
            ids[key, default: []].insert(told.id)
        }
        var breaches = ids.filter { $0.value.count > 1 }.map { "\($0.key): told under \($0.value.count) ids" }
        if evidence.isWhole(topic) { breaches += stored.filter { ids[$0] == nil }.map { "\($0): never told" } }
        breaches += ids.keys.filter { !stored.contains($0) }.map { "\($0): told, not stored" }
        return Invariant(
            name: name, checked: ids.count, breaches: breaches.sorted(),
            note: evidence.isWhole(topic) ? "" : "the broker has dropped \(evidence.dropped[topic, default: 0]) records")
    }
}
