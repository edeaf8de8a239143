import CRDKafka
import Logging
import Messaging

/// Partitions whose committed offsets could not be had yet. They are asked for again until they are known: left to itself, the library asks
/// once, and when the coordinator has moved just then it never reads the partition.
struct PendingAssignment {
    static let pause = Duration.milliseconds(200)

    let partitions: [TopicPartition]
    let nextTry: ContinuousClock.Instant
    /// The code of the last failure, which was reported.
    let complaint: String
}

/// The group's side of a consumer: what follows from a rebalance, and leaving.
extension KafkaConsumer {
    func act(on note: ClientContext.Note, _ handle: ClientHandle) -> [SourceEvent] {
        switch note {
        case .assign(let partitions):
            return assign(partitions, handle)
        case .revoke(let partitions, lost: true):
            let generation = assignment.generation
            let wasHeld = assignment.phase != .none
            unassign(handle)
            return wasHeld ? [.lost(partitions, generation: generation)] : []
        case .revoke(let partitions, lost: false):
            guard assignment.revoke() else {
                unassign(handle)
                return []
            }
            return [.revoked(partitions, generation: assignment.generation)]
        case .rebalanceFailed(let error):
            let generation = assignment.generation
            let partitions = assignment.partitions.sorted()
            unassign(handle)
            let trouble = SourceEvent.trouble(code: error.code, message: "the group's rebalance failed: \(error.detail)")
            return partitions.isEmpty ? [trouble] : [trouble, .lost(partitions, generation: generation)]
        case .trouble(let error):
            if error.isFatal { fatal = error }
            return [.trouble(code: error.code, message: error.detail)]
        }
    }

    func assign(_ partitions: [TopicPartition], _ handle: ClientHandle) -> [SourceEvent] {
        var events: [SourceEvent] = []
        if assignment.phase != .none {
            // The client replaced an assignment without taking it back first.
            events.append(.lost(assignment.partitions.sorted(), generation: assignment.generation))
            _ = resumeInClient(assignment.drop(), handle)
        }
        let offsets: [TopicPartition: Int64]
        switch Self.committed(partitions, handle) {
        case .success(let committed): offsets = committed
        case .failure(let error):
            if pending?.complaint != error.code {
                events.append(
                    .trouble(code: error.code, message: "could not look up committed offsets, and reads nothing before: \(error.detail)"))
            }
            pending = PendingAssignment(partitions: partitions, nextTry: .now + PendingAssignment.pause, complaint: error.code)
            return events
        }
        pending = nil
        let low = (try? Watermarks.lookUp(.earliest, of: partitions, handle, within: Limit.watermarkLookup)) ?? [:]
        let high = (try? Watermarks.lookUp(.latest, of: partitions, handle, within: Limit.watermarkLookup)) ?? [:]
        let list = PartitionList(capacity: partitions.count)
        for partition in partitions { list.add(partition, offset: offsets[partition] ?? firstOffset) }
        let code = rd_kafka_assign(handle.pointer, list.pointer)
        guard !code.isError else {
            events.append(.trouble(code: code.name, message: "the client refused its assignment: \(code.explanation)"))
            unassign(handle)
            return events
        }
        reader.forgetTopics()
        var assigned: [AssignedPartition] = []
        for partition in partitions {
            var committed = offsets[partition]
            if let end = high[partition], let old = committed, old > end {
                // The client goes where `auto.offset.reset` says once the broker refuses the offset.
                committed = nil
                events.append(
                    .trouble(
                        code: "OFFSET_OUT_OF_RANGE",
                        message: "\(partition): the group had read up to \(old), the log ends at \(end): made anew, or cut; auto.offset.reset applies"
                    ))
            }
            assigned.append(
                AssignedPartition(partition: partition, committed: committed, lowWatermark: low[partition], highWatermark: high[partition]))
        }
        let generation = assignment.assign(assigned)
        handle.context.trouble.end()
        events.append(.assigned(assigned, generation: generation))
        return events
    }

    private static func committed(
        _ partitions: [TopicPartition], _ handle: ClientHandle
    ) -> Result<[TopicPartition: Int64], KafkaError> {
        if partitions.isEmpty { return .success([:]) }
        let list = PartitionList(partitions)
        let code = rd_kafka_committed(handle.pointer, list.pointer, Limit.committedLookup.milliseconds)
        if code.isError { return .failure(KafkaError(code)) }
        // A partition that is not there, or not ours to read, shows that later; the others need not wait for it.
        let lasting = [RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART, RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED]
        var offsets: [TopicPartition: Int64] = [:]
        for entry in list.entries {
            if entry.error.isError, !lasting.contains(entry.error) { return .failure(KafkaError(entry.error)) }
            if entry.offset >= 0 { offsets[entry.partition] = entry.offset }
        }
        return .success(offsets)
    }

    /// Gives everything back to the group. The client itself commits nothing of a lost assignment.
    func unassign(_ handle: ClientHandle) {
        pending = nil
        _ = resumeInClient(assignment.drop(), handle)
        rd_kafka_assign(handle.pointer, nil)
        reader.forgetTopics()
    }

    /// Resumes what is known to be paused and returns what the client did resume.
    func resumeInClient(_ partitions: Set<TopicPartition>, _ handle: ClientHandle) -> [TopicPartition] {
        if partitions.isEmpty { return [] }
        let list = PartitionList(partitions)
        rd_kafka_resume_partitions(handle.pointer, list.pointer)
        return list.entries.filter { !$0.error.isError }.map(\.partition)
    }

    /// Commits what was stored and waits for the answer, but not for ever.
    func commitStored(_ handle: ClientHandle) {
        if rd_kafka_assignment_lost(handle.pointer) != 0 { return }
        let answers: OpaquePointer = rd_kafka_queue_new(handle.pointer)
        defer { rd_kafka_queue_destroy(answers) }
        var code = rd_kafka_commit_queue(handle.pointer, nil, answers, nil, nil)
        if !code.isError {
            if let event = rd_kafka_queue_poll(answers, Limit.finalCommit.milliseconds) {
                code = rd_kafka_event_error(event)
                rd_kafka_event_destroy(event)
            } else {
                code = RD_KAFKA_RESP_ERR__TIMED_OUT
            }
        }
        // Nothing new to commit is no failure.
        if code.isError, code != RD_KAFKA_RESP_ERR__NO_OFFSET {
            // Said at once: whoever closes asks for no more events.
            logger.warning(
                "the last commit of an assignment failed: the next owner reads again what was finished, and its inbox absorbs it",
                metadata: ["code": "\(code.name)", "detail": "\(code.explanation)"])
        }
    }

    /// Leaves the group, answering the rebalance that this causes.
    func leave(_ handle: ClientHandle) {
        pending = nil
        _ = resumeInClient(assignment.drop(), handle)
        rd_kafka_assign(handle.pointer, nil)
        let queue: OpaquePointer = rd_kafka_queue_new(handle.pointer)
        defer { rd_kafka_queue_destroy(queue) }
        if let error = rd_kafka_consumer_close_queue(handle.pointer, queue) {
            let failure = KafkaError(consuming: error)
            logger.warning("Kafka consumer could not leave its group", metadata: ["code": "\(failure.code)"])
            return
        }
        let deadline = ContinuousClock.now + Limit.leave
        while rd_kafka_consumer_closed(handle.pointer) == 0 {
            if deadline.remaining == .zero {
                logger.warning("Kafka consumer did not leave its group in time", metadata: ["limit": "\(Limit.leave)"])
                return
            }
            // Polled for events, not for callbacks: serving callbacks aborts the process when a fetched record is still queued.
            var mustUnassign = false
            if let event = rd_kafka_queue_poll(queue, 50) {
                mustUnassign = rd_kafka_event_type(event) == RD_KAFKA_EVENT_REBALANCE
                rd_kafka_event_destroy(event)
            }
            for note in handle.context.takeNotes() {
                switch note {
                case .assign, .revoke, .rebalanceFailed: mustUnassign = true
                case .trouble: break
                }
            }
            if mustUnassign { rd_kafka_assign(handle.pointer, nil) }
        }
    }

    /// An error that came in place of a record.
    func trouble(_ message: UnsafeMutablePointer<rd_kafka_message_t>) throws(KafkaError) -> SourceEvent {
        let code = message.pointee.err
        let detail = rd_kafka_message_errstr(message).map { String(cString: $0) } ?? code.explanation
        let topic = message.pointee.rkt.map { String(cString: rd_kafka_topic_name($0)) }
        if code == RD_KAFKA_RESP_ERR__FATAL { throw KafkaError(code, subject: topic, detail: detail) }
        return .trouble(code: code.name, message: topic.map { "\($0): \(detail)" } ?? detail)
    }
}
