import Synchronization

/// What a proxy has been told to do. Read for every message, changed at any time.
final class WireRules: Sendable {
    private struct State {
        var conditions: [WireDirection: WireCondition] = [:]
        var refuses = false
        /// How many answers to this kind of Kafka request are still to be lost.
        var lostAnswers: [Int16: Int] = [:]
        /// Kafka's error code for records to these topics.
        var refusedTopics: [String: Int16] = [:]
        /// How many questions for committed offsets are still to be turned away.
        var offsetQuestions = 0
        var commitCuts: [CommitCut: Int] = [:]
        var counts = WireCounts()
    }

    private let state = Mutex(State())

    func impose(_ condition: WireCondition, on direction: WireDirection?) {
        state.withLock { state in
            for one in direction.map({ [$0] }) ?? WireDirection.allCases { state.conditions[one] = condition }
        }
    }

    func refuse(_ refuses: Bool) { state.withLock { $0.refuses = refuses } }

    func heal() {
        state.withLock { state in
            let counts = state.counts
            state = State()
            state.counts = counts
        }
    }

    func condition(_ direction: WireDirection) -> WireCondition {
        state.withLock { $0.conditions[direction] ?? .clear }
    }

    /// How many of `bytes` may pass before the connection is to be cut; nil: all of them.
    func allowance(_ bytes: Int, _ direction: WireDirection) -> Int? {
        state.withLock { state in
            guard case .cutAfter(let left) = state.conditions[direction] else { return nil }
            if bytes < left {
                state.conditions[direction] = .cutAfter(bytes: left - bytes)
                return nil
            }
            state.conditions[direction] = .clear
            return left
        }
    }

    /// Whether a new connection is let in.
    func admits() -> Bool {
        state.withLock { state in
            state.counts.accepted += 1
            if state.refuses { state.counts.refused += 1 }
            return !state.refuses
        }
    }

    func countCut() { state.withLock { $0.counts.cut += 1 } }

    func counts(held: Int) -> WireCounts {
        state.withLock { state in
            var counts = state.counts
            counts.heldBytes = held
            return counts
        }
    }

    // MARK: - Messages

    func loseAnswers(to key: Int16, next count: Int) { state.withLock { $0.lostAnswers[key] = count } }

    func refuseRecords(to topic: String, code: Int16?) { state.withLock { $0.refusedTopics[topic] = code } }

    func refuseOffsetQuestions(next count: Int) { state.withLock { $0.offsetQuestions = count } }

    func takesOffsetQuestion() -> Bool {
        take {
            $0.offsetQuestions
        } change: {
            $0.offsetQuestions = $1
        }
    }

    func cutCommits(_ cut: CommitCut, next count: Int) { state.withLock { $0.commitCuts[cut] = count } }

    func takesAnswer(to key: Int16) -> Bool {
        take {
            $0.lostAnswers[key, default: 0]
        } change: {
            $0.lostAnswers[key] = $1
        }
    }

    func takesCommit(_ cut: CommitCut) -> Bool {
        take {
            $0.commitCuts[cut, default: 0]
        } change: {
            $0.commitCuts[cut] = $1
        }
    }

    func refusal(of topic: String) -> Int16? {
        state.withLock { state in
            let code = state.refusedTopics[topic]
            if code != nil { state.counts.messages += 1 }
            return code
        }
    }

    /// Whether anything is ordered for records to single topics.
    var refusesTopics: Bool { state.withLock { !$0.refusedTopics.isEmpty } }

    private func take(_ left: (State) -> Int, change: (inout State, Int) -> Void) -> Bool {
        state.withLock { state in
            let count = left(state)
            guard count > 0 else { return false }
            change(&state, count - 1)
            state.counts.messages += 1
            return true
        }
    }
}
