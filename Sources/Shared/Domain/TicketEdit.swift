public import Foundation

/// What somebody does to a stored ticket by hand.
public enum TicketEdit: Sendable, Hashable {
    /// Nil: nobody works on it.
    case assign(String?)
    /// The actor works on it from now on.
    case take
    case move(TicketState)
    /// Labels by hand: they outrank every other. Nil leaves a label as it is.
    case correct(category: String?, tier: Tier?, severity: Severity?)
    /// To a human of this tier at least.
    case escalate(Tier)
    /// The requester wants a human.
    case askForHuman
    case tag(add: [String], remove: [String])
    case watch(add: [String], remove: [String])

    /// Bounds of the lists that a ticket carries.
    public static let largestTagCount = 50
    public static let largestWatcherCount = 100
}

/// Why an edit is not made. Nothing was changed.
public enum EditRefusal: Error, Sendable, Hashable {
    /// The ticket was merged into this one: work on that.
    case merged(into: TicketID)
    /// It is closed or cancelled, and this is for tickets that are worked on.
    case ended(TicketState)
    case impossibleMove(from: TicketState, to: TicketState, allowed: [TicketState])
    /// The reason is missing.
    case needsReason
    /// It is at this tier already, or above.
    case notHigher(Tier)
    /// More of them than a ticket may carry.
    case tooMany(field: String, limit: Int)
    /// The merge would end where it began.
    case cycle
    /// The two tickets are of different requesters.
    case otherRequester
}

/// A label that an agent set, against what stood before.
public struct Correction: Sendable, Hashable {
    public enum Label: String, Sendable, CaseIterable { case category, tier, severity }

    public var ticket: TicketID
    /// The version that carries it.
    public var version: Int
    public var label: Label
    public var from: String
    public var fromSource: LabelSource
    public var to: String
    public var reason: String
    public var agent: String
    public var at: Date
}

/// A ticket after an edit, with what has to be told about it.
public struct EditedTicket: Sendable, Hashable {
    public var ticket: Ticket
    public var kind: ChangeKind
    public var changes: [FieldChange]
    /// Not for the requester's eyes.
    public var isInternal: Bool
    public var corrections: [Correction]

    public init(ticket: Ticket, kind: ChangeKind, changes: [FieldChange], isInternal: Bool, corrections: [Correction] = []) {
        self.ticket = ticket
        self.kind = kind
        self.changes = changes
        self.isInternal = isInternal
        self.corrections = corrections
    }

    public var reopens: Bool { changes.contains { $0.field == "cycle" } }
}

extension Ticket {
    /// The ticket after an edit; nil when it changes nothing. Pure: who may edit at all was decided before.
    ///
    /// - Parameters:
    ///   - reason: as the history keeps it.
    ///   - time: when it is done; never before the newest change.
    public func applying(
        _ edit: TicketEdit, as party: TicketParty, by actor: Author, reason: String?, at time: Date
    ) throws(EditRefusal) -> EditedTicket? {
        if let mergedInto { throw .merged(into: mergedInto) }
        var next = self
        var result = try next.apply(edit, as: party, by: actor, reason: reason, old: self)
        guard !result.changes.isEmpty else { return nil }
        next.version += 1
        next.updatedAt = max(updatedAt, time)
        result.ticket = next
        for index in result.corrections.indices {
            result.corrections[index].version = next.version
            result.corrections[index].at = next.updatedAt
        }
        return result
    }

    private mutating func apply(
        _ edit: TicketEdit, as party: TicketParty, by actor: Author, reason: String?, old: Ticket
    ) throws(EditRefusal) -> EditedTicket {
        var corrections: [Correction] = []
        // What is told beside the fields that differ.
        var told: [FieldChange] = []
        let kind: ChangeKind
        var isInternal = false
        switch edit {
        case .assign(let name):
            guard !state.isFinal else { throw .ended(state) }
            (kind, isInternal) = (.assigned, true)
            assignee = name
        case .take:
            guard !state.isFinal else { throw .ended(state) }
            kind = .assigned
            assignee = actor.id
            if state == .new || state == .triaged { state = .inProgress }
            // Who works on it stays inside; that it is worked on does not.
            isInternal = state == old.state
        case .move(let destination):
            kind = .moved
            if destination != state { try move(to: destination, by: party, reason: reason) }
        case .correct(let category, let tier, let severity):
            kind = .corrected
            corrections = correct(category, tier, severity, reason: reason ?? "", by: actor)
            if corrections.isEmpty == false { revision += 1 }
        case .escalate(let tier):
            guard state.isOpen else { throw .ended(state) }
            guard tier > self.tier.value else { throw .notHigher(self.tier.value) }
            kind = .escalated
            self.tier = Labelled(tier, by: .agent)
            needsHuman = true
        case .askForHuman:
            guard state.isOpen else { throw .ended(state) }
            kind = .escalated
            // It says no more than that somebody is to look: the tier of a generalist, unless an agent decided otherwise.
            self.tier = self.tier.raising(Labelled(max(self.tier.value, .generalist), by: .rule))
            needsHuman = true
            // A request is heard even where a human was to look anyway: it has a reason of its own, and the policy tells of it.
            told.append(FieldChange("human", from: nil, to: "asked for"))
        case .tag(let add, let remove):
            (kind, isInternal) = (.tagged, true)
            tags = Set(tags).subtracting(remove).union(add).sorted()
            guard tags.count <= TicketEdit.largestTagCount else { throw .tooMany(field: "add", limit: TicketEdit.largestTagCount) }
        case .watch(let add, let remove):
            (kind, isInternal) = (.watched, true)
            watchers = Set(watchers).subtracting(remove).union(add).sorted()
            guard watchers.count <= TicketEdit.largestWatcherCount else { throw .tooMany(field: "add", limit: TicketEdit.largestWatcherCount) }
        }
        return EditedTicket(ticket: self, kind: kind, changes: old.differences(to: self) + told, isInternal: isInternal, corrections: corrections)
    }

    private mutating func move(to destination: TicketState, by party: TicketParty, reason: String?) throws(EditRefusal) {
        let allowed = TicketTransitions.destinations(from: state, by: party)
        guard allowed.contains(destination) else {
            throw .impossibleMove(from: state, to: destination, allowed: allowed.sorted { $0.rawValue < $1.rawValue })
        }
        if TicketTransitions.needsReason(from: state, to: destination, by: party), reason == nil { throw .needsReason }
        if TicketTransitions.reopens(from: state, to: destination) { cycle += 1 }
        state = destination
    }

    private mutating func correct(
        _ category: String?, _ tier: Tier?, _ severity: Severity?, reason: String, by actor: Author
    ) -> [Correction] {
        var corrections: [Correction] = []
        func note(_ label: Correction.Label, _ from: String, _ source: LabelSource, _ to: String) {
            corrections.append(
                Correction(
                    ticket: id, version: 0, label: label, from: from, fromSource: source, to: to, reason: reason, agent: actor.id, at: updatedAt))
        }
        // Confirming what a machine said is a word of an agent's too: nobody may change it afterwards.
        if let category, self.category != Labelled(category, by: .agent) {
            note(.category, self.category.value, self.category.source, category)
            self.category = Labelled(category, by: .agent)
        }
        if let tier, self.tier != Labelled(tier, by: .agent) {
            note(.tier, String(self.tier.value.rawValue), self.tier.source, String(tier.rawValue))
            self.tier = Labelled(tier, by: .agent)
        }
        if let severity, self.severity != Labelled(severity, by: .agent) {
            note(.severity, self.severity.value.rawValue, self.severity.source, severity.rawValue)
            self.severity = Labelled(severity, by: .agent)
        }
        return corrections
    }

    /// The fields in which another state of the same ticket differs, as history tells them. Sources count as values where they alone changed.
    public func differences(to new: Ticket) -> [FieldChange] {
        func list(_ values: [String]) -> String? { values.isEmpty ? nil : values.joined(separator: ", ") }
        var changes: [FieldChange] = []
        func compare(_ field: String, _ from: String?, _ to: String?) {
            if from != to { changes.append(FieldChange(field, from: from, to: to)) }
        }
        compare("state", state.rawValue, new.state.rawValue)
        compare("assignee", assignee, new.assignee)
        compare("category", category.value, new.category.value)
        compare("tier", String(tier.value.rawValue), String(new.tier.value.rawValue))
        compare("severity", severity.value.rawValue, new.severity.value.rawValue)
        compare("categorySource", category.source.rawValue, new.category.source.rawValue)
        compare("tierSource", tier.source.rawValue, new.tier.source.rawValue)
        compare("severitySource", severity.source.rawValue, new.severity.source.rawValue)
        compare("needsHuman", String(needsHuman), String(new.needsHuman))
        compare("cycle", String(cycle), String(new.cycle))
        compare("tags", list(tags), list(new.tags))
        compare("watchers", list(watchers), list(new.watchers))
        compare("mergedInto", mergedInto?.description, new.mergedInto?.description)
        return changes
    }
}
