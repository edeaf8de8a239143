import DequeModule
import Domain
import Foundation
import Logging
import Messaging
import Observability

/// Partitions come and go: their rows are opened before a record of them is handled, and closed when they are given back.
extension Worker {
    func begin(_ partitions: [AssignedPartition], _ generation: Int) {
        dropAll()
        paused = []
        isFull = false
        var new = Assignment(generation: generation, trackers: [:])
        for assigned in partitions {
            new.trackers[assigned.partition] = OffsetTracker()
            let start = max(assigned.committed ?? 0, assigned.lowWatermark ?? 0)
            let end = assigned.highWatermark ?? .max
            new.ranges[assigned.partition] = ReadingRange(
                inHand: start..<max(start, min(end, start.addingReportingOverflow(settings.suspectWindow).partialValue)), logEnd: end)
            if let committed = assigned.committed, let low = assigned.lowWatermark, committed < low {
                metrics.lostRecords.increment(by: Int(low - committed))
                logger.error(
                    "unread records are gone: the log dropped them before the group read them",
                    metadata: ["partition": "\(assigned.partition)", "committed": "\(committed)", "oldest": "\(low)"])
            }
        }
        assignment = new
        metrics.assigned.set(partitions.count)
        logger.info("partitions assigned", metadata: ["generation": "\(generation)", "partitions": "\(partitions.count)"])
        if partitions.isEmpty {
            assignment?.isOpen = true
        } else {
            jobsInput.yield(.open(generation: generation))
        }
    }

    /// Opens the assignment rows. Those found open point at a crash: their records are suspect.
    func openAssignment(_ generation: Int) async {
        var isWaiting = false
        while let current = assignment, current.generation == generation, !isEnding {
            do {
                let feared = try await ledger.openAssignments(consumer: settings.consumer, holder: holder, current.ranges)
                guard assignment?.generation == generation else {
                    // Taken back meanwhile: what we hold no more, we must not leave open.
                    return await closeRows(current.partitions.filter { assignment?.trackers[$0] == nil })
                }
                assignment?.suspects = feared
                assignment?.isOpen = true
                if isWaiting && standstill == nil { onStandstill(nil) }
                if !feared.isEmpty {
                    metrics.isCareful.set(1)
                    quietSince = clock.now()
                    logger.warning(
                        "the last process that held these partitions did not end cleanly: handling what it may have had in hand in small groups",
                        metadata: ["partitions": "\(feared.count)"])
                } else {
                    await releaseHeld()
                }
                dispatch()
                return
            } catch {
                logger.warning("cannot open the assignment yet", metadata: ["error": "\(error)"])
                isWaiting = true
                onStandstill("waiting for the assignment rows: \(error)")
                await clock.sleep(for: .milliseconds(500))
            }
        }
    }

    // MARK: Giving back

    /// Gives revoked partitions back once everything of them is finished, or the time for that is over.
    func finishRevocationIfDrained() async {
        guard let current = assignment, let since = current.revokedAt else { return }
        let isOver = clock.now() - since >= settings.revokeDrain || standstill != nil
        guard isDrained || isOver else { return }
        await forgetAssignment()
        await source.release(generation: current.generation)
    }

    func closeRows(_ partitions: [TopicPartition]) async {
        guard !partitions.isEmpty else { return }
        do {
            try await ledger.closeAssignments(consumer: settings.consumer, holder: holder, partitions)
        } catch {
            // The next holder will be careful for nothing; that costs time, not correctness.
            logger.warning("cannot close the assignment", metadata: ["error": "\(error)"])
        }
    }

    func forgetAssignment() async {
        if let current = assignment, current.isOpen { await closeRows(current.partitions) }
        if let step = abandonedStep { jobsInput.yield(.forgetAttempts(step)) }
        dropAll()
        assignment = nil
        paused = []
        metrics.assigned.set(0)
        metrics.isCareful.set(0)
    }

    func dropHeld() {
        for record in held { bytes -= record.byteCount }
        held.removeAll()
    }

    /// Forgets everything in hand, without a word to the group. Tasks that still work on it find nothing when they are done.
    private func dropAll() {
        items = [:]
        scheduler = LaneScheduler()
        held.removeAll()
        toBury.removeAll()
        unstored = [:]
        careful = nil
        bytes = 0
    }
}
