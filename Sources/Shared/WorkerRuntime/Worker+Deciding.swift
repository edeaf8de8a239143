import Domain
import Logging
import Messaging
import Observability

extension Worker {
    func decide(_ chunk: [Int]) async {
        let events = chunk.map { items[$0]?.event }
        let started = clock.now()
        let results = await Self.decideAll(stage, events)
        metrics.decideSeconds.observe(clock.now() - started)
        openDecides -= 1
        var mayBeWeather: String?
        for (item, result) in zip(chunk, results) where items[item] != nil {
            switch result {
            case .success(let decision):
                items[item]?.decision = decision
                scheduler.decided(item)
            case .failure(.invalid(let message)):
                condemn(item, .invalid, message)
            case .failure(.transient(let reason)):
                metrics.failure("transient").increment()
                mayBeWeather = reason
                scheduler.backOff(item, until: clock.now() + .seconds(1))
            case .failure(.failed(let reason)):
                metrics.failure("decide").increment()
                await countAttempt(item, reason: "decide: \(reason)", message: reason)
            }
        }
        if let mayBeWeather { await standStillIfProbeFails(mayBeWeather) }
        dispatch()
    }

    @concurrent private static func decideAll(
        _ stage: S, _ events: [Event<S.Input>?]
    ) async -> [Result<S.Decision, StageError>] {
        var results: [Result<S.Decision, StageError>] = []
        results.reserveCapacity(events.count)
        for event in events {
            guard let event else {
                results.append(.failure(.transient("dropped")))
                continue
            }
            do {
                results.append(.success(try await stage.decide(event)))
            } catch let error as StageError {
                results.append(.failure(error))
            } catch is CancellationError {
                results.append(.failure(.transient("cancelled")))
            } catch {
                results.append(.failure(.failed(String(reflecting: type(of: error)))))
            }
        }
        return results
    }

    /// An attempt of this one event failed: it waits and is tried again, or dies.
    func countAttempt(_ item: Int, reason: String, message: String) async {
        guard let inHand = items[item], let event = inHand.event else { return }
        inHand.attempts += 1
        logger.warning(
            "attempt failed",
            metadata: [
                "event_id": "\(event.id)", "ticket": "\(event.ticket)", "attempt": "\(inHand.attempts)", "origin": "\(event.origin)",
                "reason": "\(reason)"
            ])
        if inHand.attempts < settings.attempts {
            let index = min(inHand.attempts, settings.backOff.count) - 1
            scheduler.backOff(item, until: clock.now() + settings.backOff[index])
        } else if await !worldIsWell() {
            items[item]?.attempts -= 1
            scheduler.backOff(item, until: clock.now() + .seconds(1))
            standStill(.away(reason))
        } else if streak.count(reason, of: event.ticket) >= settings.suspiciousDeaths {
            items[item]?.attempts -= 1
            scheduler.backOff(item, until: clock.now() + settings.suspicionPause)
            standStill(.suspicion(reason))
        } else {
            condemn(item, .failed, message)
        }
    }

    func condemn(_ item: Int, _ reason: DeadReason, _ message: String) {
        guard items[item] != nil else { return }
        items[item]?.death = (reason, message)
        scheduler.die(item)
        toBury.append(item)
    }

    // MARK: Standing still

    func worldIsWell() async -> Bool {
        guard await ledger.probe() else { return false }
        return await stage.probe()
    }

    func standStillIfProbeFails(_ reason: String) async {
        if await !worldIsWell() { standStill(.away(reason)) }
    }

    func standStill(_ new: Standstill) {
        guard !isAway else { return }
        let wasMoving = standstill == nil
        standstill = new
        metrics.isPaused.set(1)
        onStandstill(new.reason)
        if wasMoving { logger.error("consumption stands still", metadata: ["reason": "\(new.reason)"]) }
        if case .away = new { jobsInput.yield(.probe) }
    }

    func moveOn() {
        guard standstill != nil else { return }
        standstill = nil
        movedOnAt = clock.now()
        metrics.isPaused.set(0)
        onStandstill(nil)
        logger.notice("consumption goes on")
        dispatch()
    }

    func probeUntilBack() async {
        // A probe that succeeds where the work fails must not let us spin: what stands still again soon waits longer.
        let isSoon = movedOnAt.map { clock.now() - $0 < .seconds(5) } ?? false
        probeDelay = isSoon ? min(probeDelay * 2, .seconds(2)) : .milliseconds(100)
        if isSoon { await clock.sleep(for: probeDelay) }
        while !isEnding {
            if await worldIsWell() { return moveOn() }
            await clock.sleep(for: probeDelay)
            probeDelay = min(probeDelay * 2, .seconds(2))
        }
    }
}
