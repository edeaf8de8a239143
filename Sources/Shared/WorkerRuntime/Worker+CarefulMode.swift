import Domain
import Foundation
import Logging
import Messaging
import Observability

/// After a crash: one event at a time, each attempt counted before it begins, so that the one that kills us can be told from its
/// neighbours. A Swift trap cannot be caught; it can be remembered.
extension Worker {
    /// How long careful mode waits for suspect records that do not come.
    private static var patience: Duration { .seconds(30) }

    private var isCareful: Bool { assignment.map { $0.isOpen && !$0.suspects.isEmpty } ?? false }

    /// Partitions that have a suspect record in hand.
    var suspectPartitionsInHand: Set<TopicPartition> {
        guard isCareful, let current = assignment else { return [] }
        var result = Set(held.lazy.filter(current.isSuspect).map(\.source))
        if let careful { result.insert(careful.place) }
        return result
    }

    /// Starts the next suspect record, or ends the mode when there is none left.
    func advanceCareful() {
        guard let current = assignment, current.isOpen, careful == nil, !isEnding, current.revokedAt == nil else { return }
        if !current.suspects.isEmpty {
            if let index = held.firstIndex(where: current.isSuspect) {
                let record = held.remove(at: index)
                careful = CarefulStep(record)
                jobsInput.yield(.careful(record))
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

    func handleCarefully(_ record: Record) async {
        var step = CarefulStep(record)
        var attempts = 0
        while !isEnding && careful?.isAt(record) == true {
            do {
                if RawEvent.hasCheapIdentity(record), try await settleFromInbox(RawEvent(record)) { return dispatch() }
                attempts = try await ledger.beginAttempt(consumer: settings.consumer, at: record.source, offset: record.offset)
                break
            } catch {
                standStill(.away("\(error)"))
                await clock.sleep(for: .milliseconds(500))
            }
        }
        step.attempts = attempts
        guard careful?.isAt(record) == true, !isEnding else {
            // Dropped meanwhile, which is no crash.
            return await forgetAttempt(step)
        }
        careful = step
        if attempts > settings.attempts {
            nextItem += 1
            let inHand = InHand<S>(raw: RawEvent(record, parsesEnvelope: false), generation: record.generation)
            inHand.attempts = attempts - 1
            inHand.death = (.crashed, "the process died \(attempts - 1) times while it handled this event")
            items[nextItem] = inHand
            toBury.append(nextItem)
        } else {
            await intake([record])
        }
        dispatch()
    }

    /// Settles a record that the inbox knows without deciding about it again: deciding may be what killed us. Answers false for the
    /// others.
    private func settleFromInbox(_ raw: RawEvent) async throws(LedgerError) -> Bool {
        guard !raw.isReplay, try await ledger.handled(consumer: settings.consumer, [raw.id]).contains(raw.id) else { return false }
        let entry = LedgerEntry(eventID: raw.id, payloadHash: raw.payloadHash, isReplay: false)
        let results = try await ledger.commit(consumer: settings.consumer, entries: [entry]) { _, _ in
            // The row went away since we asked; nothing may be recorded without a decision.
            throw CancellationError()
        }
        guard careful?.isAt(raw.record) == true else { return true }
        nextItem += 1
        items[nextItem] = InHand<S>(raw: raw, generation: raw.record.generation)
        if results.first == .conflict {
            condemn(nextItem, .idConflict, Self.conflictMessage)
        } else {
            metrics.outcome("duplicate").increment()
            await finish([nextItem])
        }
        return true
    }

    /// The record is finished: on to the next.
    func leaveCarefully(_ step: CarefulStep) async {
        // A rebalance may keep its offset from being committed: what is counted warns whoever gets it once more, for the inbox is asked in this mode alone.
        if step.attempts > 0, !step.isKiller { await clearAttempts(step) }
        if careful?.isAt(step) == true { careful = nil }
        quietSince = clock.now()
    }

    /// The step to be forgotten when everything in hand is dropped without a crash.
    var abandonedStep: CarefulStep? {
        guard var step = careful else { return nil }
        step.survived = items.values.contains { step.isAt($0.raw.record) && $0.attempts > 0 }
        return step
    }

    /// The record was dropped without a crash. Earlier crashes stay counted against it, unless it has failed without one since: it
    /// may wait for its next attempt through many rebalances, and none of them is its fault.
    func forgetAttempt(_ step: CarefulStep) async {
        if step.attempts == 1 || step.survived { await clearAttempts(step) }
    }

    private func clearAttempts(_ step: CarefulStep) async {
        do {
            try await ledger.clearAttempts(consumer: settings.consumer, at: step.place, offset: step.offset)
        } catch {
            // The row is nearly harmless: it counts one crash too many, should the record ever come back.
            logger.info("attempt row not cleared", metadata: ["origin": "\(step.place)@\(step.offset)", "error": "\(error)"])
        }
    }

    /// The suspect records that were announced may be gone from the log; nobody waits for them for ever.
    func endCarefulModeIfIdle() {
        guard isCareful, careful == nil, let current = assignment, clock.now() - quietSince > Self.patience,
            !held.contains(where: current.isSuspect), paused.isDisjoint(with: current.suspects.keys)
        else { return }
        let missing = current.suspects.keys.sorted().map { "\($0)@\((current.trackers[$0]?.newest ?? -1) + 1)" }
        logger.warning("suspect events did not come within 30 s: going on without them", metadata: ["from": "\(missing.joined(separator: " "))"])
        assignment?.suspects = [:]
        endCarefulMode()
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
