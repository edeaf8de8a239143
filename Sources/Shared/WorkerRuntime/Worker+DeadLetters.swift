import Domain
import Foundation
import Logging
import Messaging
import Observability

/// The last way of what cannot be handled.
extension Worker {
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
        while !isEnding {
            left = left.filter { items[$0]?.death != nil }
            guard !left.isEmpty else {
                // Dropped meanwhile, and with them the complaint.
                if complainsOfLetters && standstill == nil { onStandstill(nil) }
                complainsOfLetters = false
                return
            }
            let letters = left.map { letter(of: items[$0]!, limit: limits[$0] ?? DeadLetter.payloadLimit) }
            let answers = await send(letters.map(\.record))
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
                    complainOfLetters("the dead-letter topic does not take records: \(refusal.reason.rawValue)")
                    await clock.sleep(for: delay)
                    delay = min(delay * 2, .seconds(10))
                }
            }
        }
    }

    /// Waits for the answers however long they take, as what is on its way may still arrive; where that is long, says so meanwhile.
    private func send(_ letters: [OutgoingRecord]) async -> [Result<Void, SinkError>] {
        await withDiscardingTaskGroup { group in
            group.addTask {
                await self.clock.sleep(for: self.settings.deadLetterWait)
                if !Task.isCancelled { await self.complainOfLetters("the dead-letter topic does not answer") }
            }
            let answers = await sink.send(batch: letters)
            group.cancelAll()
            return answers
        }
    }

    private func complainOfLetters(_ reason: String) {
        complainsOfLetters = true
        onStandstill(reason)
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
                complainsOfLetters = false
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
