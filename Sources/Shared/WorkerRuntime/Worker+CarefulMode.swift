import DequeModule
import Domain
import Foundation
import Logging
import Messaging
import Observability

/// After a crash: a few events at a time, an attempt at each counted before it begins, and one at a time those at which one is counted already. So the
/// one that kills us can be told from its neighbours. A Swift trap cannot be caught; it can be remembered.
extension Worker {
    /// How long careful mode waits for suspect records that do not come.
    private static var patience: Duration { .seconds(30) }

    private var isCareful: Bool { assignment.map { $0.isOpen && !$0.suspects.isEmpty } ?? false }

    /// Partitions that have a suspect record in hand.
    var suspectPartitionsInHand: Set<TopicPartition> {
        guard isCareful, let current = assignment else { return [] }
        var result = Set(held.lazy.filter(current.isSuspect).map(\.source))
        if let careful { result.formUnion(careful.attempts.keys.lazy.map(\.partition)) }
        return result
    }

    /// Starts the next suspect records, or ends the mode when there is none left.
    func advanceCareful() {
        guard let current = assignment, current.isOpen, careful == nil, !isEnding, current.revokedAt == nil else { return }
        if !current.suspects.isEmpty {
            let records = takeSuspects(current)
            if !records.isEmpty {
                carefulSteps += 1
                careful = CarefulStep(carefulSteps, records)
                jobsInput.yield(.careful(step: carefulSteps, records))
                return
            }
            assignment?.clearDelivered()
            if !isCareful { endCarefulMode() }
        }
        if !isCareful && !held.isEmpty && !isReleasing {
            isReleasing = true
            jobsInput.yield(.release)
        }
    }

    private func takeSuspects(_ current: Assignment) -> [Record] {
        var taken: [Record] = []
        held.removeAll { record in
            guard taken.count < settings.carefulGroup, current.isSuspect(record) else { return false }
            taken.append(record)
            return true
        }
        return taken
    }

    func handleCarefully(_ number: Int, _ records: [Record]) async {
        guard var step = careful, step.number == number else { return }
        // What an inbox may be asked in one go: an id that repeats is a matter for the next step.
        var ids: Set<UUID> = []
        let distinct = records.prefix { !RawEvent.hasCheapIdentity($0) || ids.insert(RawEvent($0, parsesEnvelope: false).id).inserted }
        var group = keep(distinct, of: records)
        while !isEnding && careful?.number == number {
            do {
                group = try await settleFromInbox(group)
                if group.isEmpty { return dispatch() }
                let counted = try await ledger.attempts(consumer: settings.consumer, at: group.map(\.place))
                guard careful?.number == number else { break }
                // The first that was in hand when somebody died stands alone; those before it go without it.
                group = keep(group.prefix(max(1, group.firstIndex { counted[$0.place] != nil } ?? group.count)), of: group)
                step.attempts = try await ledger.beginAttempts(consumer: settings.consumer, at: group.map(\.place))
                break
            } catch {
                standStill(.away("\(error)"))
                await clock.sleep(for: .milliseconds(500))
            }
        }
        guard careful?.number == number, !isEnding else {
            // Dropped meanwhile, which is no crash.
            return await forgetAttempts(step)
        }
        // Beside those that the inbox turned away, which are on their way to the dead letters.
        careful?.attempts.merge(step.attempts) { $1 }
        for record in group {
            let attempts = step.attempts[record.place] ?? 0
            guard attempts > settings.attempts else { continue }
            nextItem += 1
            let inHand = InHand<S>(raw: RawEvent(record, parsesEnvelope: false), generation: record.generation)
            inHand.attempts = attempts - 1
            inHand.death = (.crashed, "the process died \(attempts - 1) times while it handled this event")
            items[nextItem] = inHand
            toBury.append(nextItem)
        }
        await intake(group.filter { step.attempts[$0.place] ?? 0 <= settings.attempts })
        dispatch()
    }

    /// Leaves these of the step's records in it; the others go back to those that wait.
    private func keep(_ kept: ArraySlice<Record>, of group: [Record]) -> [Record] {
        let others = group.dropFirst(kept.count)
        for record in others { careful?.attempts[record.place] = nil }
        if assignment?.revokedAt == nil {
            held.prepend(contentsOf: others)
        } else {
            for record in others { bytes -= record.byteCount }
        }
        return Array(kept)
    }

    /// Settles the records that the inbox knows without deciding about them again: deciding may be what killed us. Answers with the others.
    private func settleFromInbox(_ group: [Record]) async throws(LedgerError) -> [Record] {
        let raws = group.filter { $0.headers[text: "ce_id"] != nil && $0.headers[text: DeadLetter.eventIDHeader] == nil }.map { RawEvent($0) }
        guard !raws.isEmpty else { return group }
        let handled = try await ledger.handled(consumer: settings.consumer, raws.map(\.id))
        let known = raws.filter { handled.contains($0.id) }
        guard !known.isEmpty else { return group }
        let entries = known.map { LedgerEntry(eventID: $0.id, payloadHash: $0.payloadHash, isReplay: false) }
        let number = careful?.number
        let results = try await ledger.commit(consumer: settings.consumer, entries: Array(entries)) { _, _ in
            // The row went away since we asked; nothing may be recorded without a decision.
            throw CancellationError()
        }
        guard careful?.number == number else { return [] }
        var finished: [Int] = []
        for (raw, result) in zip(known, results) {
            nextItem += 1
            items[nextItem] = InHand<S>(raw: raw, generation: raw.record.generation)
            if result == .conflict {
                condemn(nextItem, .idConflict, Self.conflictMessage)
            } else {
                metrics.outcome("duplicate").increment()
                finished.append(nextItem)
            }
        }
        await finish(finished)
        let places = Set(known.map(\.record.place))
        return group.filter { !places.contains($0.place) }
    }

    /// These records of the step are finished: on to the next once all of it are.
    func leave(_ step: CarefulStep, _ places: [RecordPlace]) async {
        // A rebalance may keep their offsets from being committed: what is counted warns whoever gets them once more, for the inbox is asked in this mode
        // alone.
        await clearAttempts(places.filter { step.attempts[$0] ?? 0 > 0 })
        if careful?.number == step.number {
            for place in places { careful?.attempts[place] = nil }
            if careful?.attempts.isEmpty == true { careful = nil }
        }
        quietSince = clock.now()
    }

    /// The step to be forgotten when everything in hand is dropped without a crash.
    var abandonedStep: CarefulStep? {
        guard var step = careful else { return nil }
        step.survived = Set(items.values.lazy.filter { $0.attempts > 0 && $0.death?.reason != .crashed }.map(\.raw.record.place))
        return step
    }

    /// The records were dropped without a crash. Earlier crashes stay counted against each, unless it has failed without one since: it may wait for its next
    /// attempt through many rebalances, and none of them is its fault.
    func forgetAttempts(_ step: CarefulStep) async {
        let counted = step.attempts.filter { $0.value > 0 }.keys
        await clearAttempts(counted.filter(step.survived.contains))
        let others = counted.filter { !step.survived.contains($0) }
        guard !others.isEmpty else { return }
        do {
            try await ledger.withdrawAttempts(consumer: settings.consumer, at: others)
        } catch {
            sayUncleared(others, error)
        }
    }

    private func clearAttempts(_ places: [RecordPlace]) async {
        guard !places.isEmpty else { return }
        do {
            try await ledger.clearAttempts(consumer: settings.consumer, at: places)
        } catch {
            sayUncleared(places, error)
        }
    }

    private func sayUncleared(_ places: [RecordPlace], _ error: LedgerError) {
        // The rows are nearly harmless: they count one crash too many, should the records ever come back.
        logger.info(
            "attempts not cleared",
            metadata: ["origins": "\(places.prefix(10).map(\.description).joined(separator: " "))", "count": "\(places.count)", "error": "\(error)"])
    }

    /// The suspect records that were announced may be gone from the log; nobody waits for them for ever.
    func endCarefulModeIfIdle() async {
        guard isCareful, careful == nil, let current = assignment, clock.now() - quietSince > Self.patience,
            !held.contains(where: current.isSuspect), paused.isDisjoint(with: current.suspects.keys)
        else { return }
        let missing = current.suspects.keys.sorted().map { "\($0)@\((current.trackers[$0]?.newest ?? -1) + 1)" }
        logger.warning("suspect events did not come within 30 s: going on without them", metadata: ["from": "\(missing.joined(separator: " "))"])
        assignment?.suspects = [:]
        endCarefulMode()
        // What does not come now may never come (a transaction's mark takes an offset, too), and nobody should wait for it again.
        do {
            try await ledger.forgetNotes(consumer: settings.consumer, current.suspects.keys.sorted())
        } catch {
            logger.info("notes of suspects not forgotten", metadata: ["error": "\(error)"])
        }
    }

    private func endCarefulMode() {
        metrics.isCareful.set(0)
        logger.notice("handling events in parallel again")
    }
}

extension RawEvent {
    /// True when the identity is in the headers, so that finding it runs no parser over the payload.
    static func hasCheapIdentity(_ record: Record) -> Bool {
        record.headers.contains { $0.name == "ce_id" } || record.headers.contains { $0.name == DeadLetter.eventIDHeader }
    }
}
