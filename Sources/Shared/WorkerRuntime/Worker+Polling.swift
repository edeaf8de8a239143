import DequeModule
import Domain
import Foundation
import Logging
import Messaging
import Observability
import ServiceLifecycle

extension Worker {
    /// The poll loop: takes what the source reports until the end is asked for, then drains and leaves the group.
    func pollUntilStopped() async throws {
        defer { jobsInput.finish() }
        do {
            while !isStopping && !Task.isShuttingDownGracefully && !Task.isCancelled {
                try await pollOnce(wait: settings.pollWait)
            }
        } catch {
            isEnding = true
            await source.close()
            throw error
        }
        await drainAndLeave()
    }

    private func pollOnce(wait: Duration) async throws {
        await waitForHands()
        await adjustPauses()
        for event in try await source.next(upTo: max(64, min(2000, settings.inHandLimit - inHandCount)), wait: wait) {
            await take(event)
        }
        await finishRevocationIfDrained()
        await endCarefulModeIfIdle()
        dispatch()
    }

    var inHandCount: Int { items.count + held.count }

    private func take(_ event: SourceEvent) async {
        switch event {
        case .assigned(let partitions, let generation):
            begin(partitions, generation)
        case .revoked(_, let generation):
            guard assignment?.generation == generation else { return }
            assignment?.revokedAt = clock.now()
            dropHeld()
        case .lost(let partitions, let generation):
            logger.warning("assignment lost", metadata: ["generation": "\(generation)", "partitions": "\(partitions.count)"])
            guard assignment?.generation == generation else { return }
            await forgetAssignment()
        case .records(let records):
            if !records.isEmpty { quietSince = clock.now() }
            metrics.received.increment(by: records.count)
            await accept(records)
        case .trouble(let code, let message):
            logger.warning("kafka reports trouble", metadata: ["code": "\(code)", "detail": "\(message)"])
        }
    }

    private func accept(_ records: [Record]) async {
        guard let current = assignment, current.revokedAt == nil else { return }
        var taken: [Record] = []
        for record in records where record.generation == current.generation {
            guard assignment?.trackers[record.source]?.dispatch(record.offset) == true else { continue }
            bytes += record.byteCount
            taken.append(record)
            if Breakage.offsetFirst.isOrdered {
                let next = record.offset + 1
                unstored[record.source] = OffsetMark(partition: record.source, next: next, generation: current.generation)
            }
        }
        if Breakage.offsetFirst.isOrdered { await storeProgress() }
        held.append(contentsOf: taken)
        await releaseHeld()
    }

    /// Decodes records and puts them into their lanes, in the order of the log.
    @discardableResult
    func intake(_ records: [Record]) async -> [Int] {
        guard let generation = assignment?.generation, !records.isEmpty else { return [] }
        let decoded = await Self.decode(records, fallbackType: settings.fallbackType)
        guard assignment?.generation == generation else { return [] }
        var added: [Int] = []
        var ignored: [Int] = []
        for (raw, result) in decoded {
            nextItem += 1
            added.append(nextItem)
            let item = InHand<S>(raw: raw, generation: generation)
            switch result {
            case .success(let event):
                item.event = event
                items[nextItem] = item
                scheduler.add(nextItem, lane: event.ticket)
            case .failure(let invalid):
                if invalid.reason == .unknownType && settings.ignoresOtherTypes {
                    ignored.append(nextItem)
                } else {
                    item.death = (invalid.reason, invalid.message)
                    toBury.append(nextItem)
                }
                items[nextItem] = item
            }
        }
        if !ignored.isEmpty { await finish(ignored) }
        return added
    }

    /// On the concurrent pool, off this actor: decoding is the larger part of the fast path's work.
    @concurrent private static func decode(
        _ records: [Record], fallbackType: String?
    ) async -> [(RawEvent, Result<Event<S.Input>, InvalidEvent>)] {
        records.map { record in
            let raw = RawEvent(record)
            do throws(InvalidEvent) {
                return (raw, .success(try raw.decode(S.Input.self, fallbackType: fallbackType)))
            } catch {
                return (raw, .failure(error))
            }
        }
    }

    /// Hands over what was held, unless somebody does so already.
    func releaseHeld() async {
        guard !isReleasing else { return }
        isReleasing = true
        await handOver()
    }

    /// Hands over what was held, and whatever arrives meanwhile behind it.
    func handOver() async {
        while !held.isEmpty, let current = assignment, current.isOpen, current.suspects.isEmpty {
            let chunk = Array(held.prefix(500))
            held.removeFirst(chunk.count)
            await intake(chunk)
            dispatch()
        }
        isReleasing = false
    }

    // MARK: Pausing

    private var handsAreFull: Bool { inHandCount >= settings.inHandLimit || bytes >= settings.inHandBytes }

    /// While hands are full and work goes on, records wait where they are for a moment: whoever pauses a partition throws away what was read ahead of it,
    /// and reads it again.
    private func waitForHands() async {
        guard !isFull, handsAreFull else { return }
        let deadline = clock.now() + settings.fullWait
        let enough = settings.inHandLimit - min(500, settings.inHandLimit / 4)
        while inHandCount > enough || bytes >= settings.inHandBytes, clock.now() < deadline, standstill == nil, !isStopping {
            await clock.sleep(for: .milliseconds(2))
        }
    }

    /// Pauses what must not deliver now and resumes the rest; polling goes on either way.
    private func adjustPauses() async {
        guard let current = assignment else { return }
        if handsAreFull { isFull = true }
        if inHandCount <= settings.inHandLimit / 2 && bytes <= settings.inHandBytes / 2 { isFull = false }
        let waiting = suspectPartitionsInHand
        var wanted: Set<TopicPartition> = []
        for (partition, tracker) in current.trackers {
            // Careful mode wants suspect records only, and those even with full hands, or it would wait for them for ever.
            let isUnwanted =
                current.suspects.isEmpty || !current.isOpen
                ? isFull : current.suspects[partition] == nil || (isFull && waiting.contains(partition))
            if isUnwanted || standstill != nil || current.revokedAt != nil || tracker.span > settings.offsetWindow {
                wanted.insert(partition)
            }
        }
        let toPause = wanted.subtracting(paused), toResume = paused.subtracting(wanted)
        paused = wanted
        if !toPause.isEmpty { await source.pause(toPause.sorted()) }
        if !toResume.isEmpty {
            quietSince = clock.now()
            await source.resume(toResume.sorted())
        }
    }

    private func drainAndLeave() async {
        logger.info("stopping: finishing what is in hand", metadata: ["events": "\(items.count)"])
        let deadline = clock.now() + settings.shutdownDrain
        dropHeld()
        if let partitions = assignment?.partitions { await source.pause(partitions) }
        // Rows that are just being opened are waited for too, or the next holder would take us for crashed.
        while !isDrained || assignment?.isOpen == false, clock.now() < deadline, standstill == nil, !Task.isCancelled {
            dispatch()
            await clock.sleep(for: .milliseconds(10))
        }
        isEnding = true
        if let step = abandonedStep { await forgetAttempts(step) }
        if let current = assignment, current.isOpen { await closeRows(current.partitions) }
        await source.close()
        logger.info("stopped", metadata: ["dropped": "\(items.count)"])
    }
}
