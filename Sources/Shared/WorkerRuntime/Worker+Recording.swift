import Domain
import Foundation
import Logging
import Messaging
import Observability

extension Worker {
    static var conflictMessage: String {
        "CloudEvents attribute 'id': expected one not used before by this source, found one that belongs to another payload"
    }

    func commit(_ batch: [Int]) async {
        await publisher.waitForRoom()
        await record(batch)
        openCommits -= 1
        dispatch()
    }

    /// Records a batch, again and again while other transactions are in the way. One that collides once more is halved: who locks the same tickets in another
    /// order meets fewer of them at once.
    ///
    /// - Parameters:
    ///   - hasCollided: it was part of a batch that did.
    ///   - delay: after a collision; twice as long after the next.
    private func record(_ batch: [Int], hasCollided: Bool = false, delay: Duration? = nil) async {
        var hasCollided = hasCollided
        // Unlike between processes, so that the same two do not collide again.
        var delay = delay ?? .milliseconds(2 + Int(holder.uuid.15) % 19)
        while !isEnding, !isAway {
            guard await collides(batch) else { return }
            await clock.sleep(for: delay)
            delay = min(delay * 2, .milliseconds(500))
            if hasCollided, let (left, right) = halves(batch) {
                await record(left, hasCollided: true, delay: delay)
                return await record(right, hasCollided: true, delay: delay)
            }
            hasCollided = true
        }
        scheduler.giveBack(batch)
    }

    /// Divides events that are still in hand between tickets; nil when they are one ticket's.
    private func halves(_ batch: [Int]) -> (left: [Int], right: [Int])? {
        let alive = batch.filter { items[$0] != nil }
        let lanes = Set(alive.compactMap(scheduler.lane)).sorted()
        guard lanes.count > 1 else { return nil }
        let first = Set(lanes.prefix(lanes.count / 2))
        let left = alive.filter { scheduler.lane(of: $0).map(first.contains) ?? true }
        return (left, alive.filter(Set(alive).subtracting(left).contains))
    }

    /// Records a batch in one transaction. One that fails is halved between tickets until the ticket at fault stands alone.
    /// - Returns: true when another transaction was in the way and nothing came of it.
    private func collides(_ batch: [Int]) async -> Bool {
        // Ids that repeat inside the batch are settled here: the ledger sees each once.
        var entries: [LedgerEntry] = []
        var decided: [Decided<S.Input, S.Decision>] = []
        var firsts: [Int] = []
        var position: [UUID: Int] = [:]
        var followers: [(item: Int, of: Int)] = []
        var later: [Int] = []
        for item in batch {
            guard let inHand = items[item], let event = inHand.event, let decision = inHand.decision else { continue }
            if let first = position[event.id] {
                // A replay is no copy of the redelivered original: its row lets it in once the original was turned away.
                if inHand.raw.isReplay && !entries[first].isReplay { later.append(item) } else { followers.append((item, first)) }
                continue
            }
            position[event.id] = entries.count
            entries.append(LedgerEntry(eventID: event.id, payloadHash: inHand.raw.payloadHash, isReplay: inHand.raw.isReplay))
            decided.append(Decided(event: event, decision: decision, raw: inHand.raw))
            firsts.append(item)
        }
        guard !entries.isEmpty else { return false }
        let started = clock.now()
        do {
            let stage = stage
            let results = try await ledger.commit(consumer: settings.consumer, entries: entries) { [decided] fresh, transaction in
                try stage.record(fresh.map { decided[$0] }, in: transaction)
            }
            let took = clock.now() - started
            batchSize.succeeded(entries.count, within: took)
            metrics.recordSeconds.observe(took)
            metrics.batchEvents.observe(Double(entries.count))
            await settle(firsts, followers, entries, results)
            scheduler.giveBack(later)
        } catch .conflict(let detail) {
            metrics.failure("conflict").increment()
            logger.info("commit batch collided, trying again", metadata: ["detail": "\(detail)"])
            return true
        } catch {
            await handleFailure(error, of: batch)
        }
        return false
    }

    private func settle(
        _ firsts: [Int], _ followers: [(item: Int, of: Int)], _ entries: [LedgerEntry], _ results: [LedgerResult]
    ) async {
        var finished: [Int] = []
        var toPublish: [OutboxRow] = []
        for (item, result) in zip(firsts, results) {
            switch result {
            case .applied(let rows):
                metrics.outcome("applied").increment()
                toPublish.append(contentsOf: rows)
                finished.append(item)
                streak.end()
            case .ignored:
                metrics.outcome("ignored").increment()
                finished.append(item)
                streak.end()
            case .duplicate:
                metrics.outcome("duplicate").increment()
                finished.append(item)
            case .conflict:
                condemn(item, .idConflict, Self.conflictMessage)
            case .dead(let reason, let message):
                condemn(item, reason, message)
            }
        }
        for follower in followers {
            guard let raw = items[follower.item]?.raw else { continue }
            if raw.payloadHash != entries[follower.of].payloadHash || results[follower.of] == .conflict {
                condemn(follower.item, .idConflict, Self.conflictMessage)
            } else if case .dead(let reason, let message) = results[follower.of] {
                // The first leaves no trace in the inbox, so its copy is no duplicate of anything stored.
                condemn(follower.item, reason, message)
            } else {
                metrics.outcome("duplicate").increment()
                finished.append(follower.item)
            }
        }
        // Before the offsets move: what is committed is told first, and a crash in between is the relay's to mend.
        publisher.enqueue(toPublish)
        FaultPoint.hit(.beforeOffsetStore)
        await finish(finished)
        if case .suspicion = standstill, !finished.isEmpty { moveOn() }
    }

    private func handleFailure(_ error: LedgerError, of batch: [Int]) async {
        switch error {
        case .conflict(let reason), .transient(let reason):
            metrics.failure("transient").increment()
            // What the server ended because it took too long would take as long again.
            batchSize.failed(batch.count)
            scheduler.giveBack(batch)
            standStill(.away(reason))
        case .failed(let reason, let message):
            metrics.failure("record").increment()
            if await !ledger.probe() {
                scheduler.giveBack(batch)
                standStill(.away(reason))
                return
            }
            let alive = batch.filter { items[$0] != nil }
            if let (left, right) = halves(batch) {
                await record(left)
                await record(right)
            } else if alive.count > 1 {
                scheduler.giveBack(Array(alive.dropFirst()))
                scheduler.retake(alive[0])
                await record([alive[0]])
            } else if let item = alive.first {
                await countAttempt(item, reason: "record: \(reason)", message: message)
            }
        }
    }
}
