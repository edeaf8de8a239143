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
        await record(batch)
        openCommits -= 1
        dispatch()
    }

    /// Records a batch in one transaction. One that fails is halved between tickets until the ticket at fault stands alone.
    private func record(_ batch: [Int]) async {
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
        guard !entries.isEmpty else { return }
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
        } catch {
            await handleFailure(error, of: batch)
        }
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
        case .conflict(let detail):
            metrics.failure("conflict").increment()
            logger.info("commit batch collided, trying again", metadata: ["detail": "\(detail)"])
            // Unlike between processes, so that the same two do not collide again.
            await clock.sleep(for: .milliseconds(2 + Int(holder.uuid.15) % 19))
            if isEnding { scheduler.giveBack(batch) } else { await record(batch) }
        case .transient(let reason):
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
            let lanes = Dictionary(grouping: alive) { scheduler.lane(of: $0)! }
            if lanes.count > 1 {
                let order = lanes.keys.sorted()
                let left = Set(order.prefix(order.count / 2))
                await record(alive.filter { left.contains(scheduler.lane(of: $0)!) })
                await record(alive.filter { scheduler.lane(of: $0).map { !left.contains($0) } ?? false })
            } else if alive.count > 1 {
                scheduler.giveBack(Array(alive.dropFirst()))
                scheduler.retake(alive[0])
                await record([alive[0]])
            } else if let item = alive.first {
                await countAttempt(item, reason: "record: \(reason)", message: message)
            }
        }
    }

    // MARK: Dead letters

    /// Sends the condemned to their dead-letter topic; marks them in the inbox once acknowledged; only then lets their offsets go.
    func bury() async {
        while !isEnding {
            let batch = Array(toBury.prefix(100))
            guard !batch.isEmpty else { break }
            toBury.removeFirst(batch.count)
            await bury(batch)
        }
        isBurying = false
        dispatch()
    }

    private func bury(_ batch: [Int]) async {
        var left = batch
        var limits: [Int: Int] = [:]
        var delay: Duration = .milliseconds(200)
        var hasComplained = false
        while !isEnding {
            left = left.filter { items[$0]?.death != nil }
            guard !left.isEmpty else {
                // Dropped meanwhile, and with them the complaint.
                if hasComplained && standstill == nil { onStandstill(nil) }
                return
            }
            let letters = left.map { letter(of: items[$0]!, limit: limits[$0] ?? DeadLetter.payloadLimit) }
            let answers = await sink.send(batch: letters.map(\.record))
            var acknowledged: [(item: Int, mark: DeadMark)] = []
            var refused: [Int] = []
            var refusal: SinkError?
            var mustWait = false
            for (index, answer) in answers.enumerated() {
                switch answer {
                case .success: acknowledged.append((left[index], letters[index].mark))
                case .failure(let error):
                    refused.append(left[index])
                    refusal = error
                    let limit = limits[left[index]] ?? DeadLetter.payloadLimit
                    if error.reason == .tooLarge && limit > 0 {
                        limits[left[index]] = limit > 1000 ? limit / 4 : 0
                    } else {
                        mustWait = true
                    }
                }
            }
            FaultPoint.hit(.beforeDeadMark)
            if !acknowledged.isEmpty { await mark(acknowledged) }
            left = refused
            if let refusal {
                metrics.failure("dead_letter").increment()
                logger.error("dead letter not acknowledged, its offset waits", metadata: ["error": "\(refusal)"])
                if mustWait {
                    hasComplained = true
                    onStandstill("the dead-letter topic does not take records: \(refusal.reason.rawValue)")
                    await clock.sleep(for: delay)
                    delay = min(delay * 2, .seconds(10))
                }
            }
        }
    }

    private func mark(_ acknowledged: [(item: Int, mark: DeadMark)]) async {
        while !isEnding {
            do {
                try await ledger.markDead(consumer: settings.consumer, acknowledged.map(\.mark))
                for (item, mark) in acknowledged {
                    metrics.outcome("dead").increment()
                    metrics.deadLetter(mark.reason).increment()
                    logger.warning(
                        "event is dead",
                        metadata: [
                            "dead_letter_id": "\(mark.id)", "reason": "\(mark.reason.rawValue)", "origin": "\(mark.origin)",
                            "attempts": "\(mark.attempts)", "ticket": "\(items[item]?.event?.ticket.description ?? "")"
                        ])
                }
                if standstill == nil { onStandstill(nil) }
                await finish(acknowledged.map(\.item))
                return
            } catch {
                if case .failed = error, acknowledged.count > 1 {
                    // One of them is at fault; the others must not wait for it.
                    for one in acknowledged { await mark([one]) }
                    return
                }
                standStill(.away("\(error)"))
                await clock.sleep(for: .milliseconds(500))
            }
        }
    }

    private func letter(of inHand: InHand<S>, limit: Int) -> (record: OutgoingRecord, mark: DeadMark) {
        let raw = inHand.raw
        let (reason, words) = inHand.death ?? (.failed, "")
        // It may quote the sender: bounded, and without what PostgreSQL cannot hold.
        let message = String(String.UnicodeScalarView(words.unicodeScalars.prefix(1000))).replacing("\0", with: "\u{FFFD}")
        // A replay keeps its row. What blames the event's id or has none dies under its place in the log.
        let id = raw.isReplay || !reason.blamesEvent ? raw.id : raw.placeID
        let mark = DeadMark(
            id: id, payloadHash: raw.payloadHash, reason: reason, message: message, attempts: inHand.attempts, origin: raw.origin)
        let record = DeadLetter.record(
            of: raw, id: id, reason: reason, message: message, stage: stage.name, attempts: inHand.attempts, payloadLimit: limit)
        return (record, mark)
    }
}
