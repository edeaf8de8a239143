import DequeModule
import Domain

/// Which events are decided next, and which go into the next commit batch: serial for each ticket, parallel across tickets.
///
/// A pure state machine over item numbers; the worker does what it says. Deciding is stateless, so the events of one ticket may
/// be decided in any order and at once; recording follows the lane. A ticket is in at most one open batch.
struct LaneScheduler {
    typealias Item = Int

    enum Status: Equatable {
        case waiting
        case deciding
        case decided
        /// In an open commit batch.
        case committing
        /// On its way to the dead letters.
        case dying
        /// Failed; not before `until` on the worker's clock.
        case backingOff(until: Duration, isDecided: Bool)
    }

    private struct Lane {
        var items: Deque<Item> = []
        /// An item of it is in an open batch or dying.
        var isBusy = false
        /// It stands in `ready`.
        var isListed = false
    }

    private struct Entry {
        let lane: TicketID
        var status: Status
    }

    private var entries: [Item: Entry] = [:]
    private var lanes: [TicketID: Lane] = [:]
    private var toDecide: Deque<Item> = []
    /// Lanes whose first item is decided and that are not busy, in the order in which they became so.
    private var ready: Deque<TicketID> = []
    private var backingOff: Set<Item> = []

    private(set) var deciding = 0

    var count: Int { entries.count }
    var hasReady: Bool { !ready.isEmpty }
    var hasUndecided: Bool { !toDecide.isEmpty }

    func status(of item: Item) -> Status? { entries[item]?.status }

    mutating func add(_ item: Item, lane: TicketID) {
        entries[item] = Entry(lane: lane, status: .waiting)
        lanes[lane, default: Lane()].items.append(item)
        toDecide.append(item)
    }

    /// Items to be decided now, oldest first.
    mutating func takeForDeciding(upTo limit: Int) -> [Item] {
        var taken: [Item] = []
        while taken.count < limit, let item = toDecide.popFirst() {
            guard entries[item]?.status == .waiting else { continue }
            entries[item]?.status = .deciding
            taken.append(item)
        }
        deciding += taken.count
        return taken
    }

    mutating func decided(_ item: Item) {
        guard entries[item]?.status == .deciding else { return }
        deciding -= 1
        entries[item]?.status = .decided
        list(entries[item]?.lane)
    }

    /// Deciding or recording failed: the item keeps its place, its lane waits, nobody else does.
    mutating func backOff(_ item: Item, until: Duration) {
        guard let entry = entries[item] else { return }
        if entry.status == .deciding { deciding -= 1 }
        if entry.status == .committing || entry.status == .dying { lanes[entry.lane]?.isBusy = false }
        entries[item]?.status = .backingOff(until: until, isDecided: entry.status == .committing)
        backingOff.insert(item)
    }

    /// Ends the waits that are over at `now`. Answers with the earliest of the others.
    mutating func wake(at now: Duration) -> Duration? {
        var earliest: Duration?
        for item in backingOff.sorted() {
            guard let entry = entries[item], case .backingOff(let until, let isDecided) = entry.status else {
                backingOff.remove(item)
                continue
            }
            if until > now {
                earliest = min(earliest ?? until, until)
                continue
            }
            backingOff.remove(item)
            if isDecided {
                entries[item]?.status = .decided
                list(entry.lane)
            } else {
                entries[item]?.status = .waiting
                toDecide.append(item)
            }
        }
        return earliest
    }

    /// The next commit batch: whole prefixes of ready lanes, in lane order, at most `limit` items. With `single` one item.
    mutating func takeBatch(upTo limit: Int, single: Bool = false) -> [Item] {
        var batch: [Item] = []
        while batch.count < limit, let id = ready.popFirst() {
            guard var lane = lanes[id] else { continue }
            lane.isListed = false
            if !lane.isBusy {
                for item in lane.items {
                    guard batch.count < (single ? 1 : limit), entries[item]?.status == .decided else { break }
                    entries[item]?.status = .committing
                    batch.append(item)
                    lane.isBusy = true
                }
            }
            lanes[id] = lane
            if single && !batch.isEmpty { break }
        }
        return batch
    }

    /// Items whose batch did not commit: decided, at their old place in the lane.
    mutating func giveBack(_ items: [Item]) {
        for item in items where entries[item]?.status == .committing { entries[item]?.status = .decided }
        for item in items {
            guard let lane = entries[item]?.lane, lanes[lane]?.isBusy == true else { continue }
            lanes[lane]?.isBusy = false
            list(lane)
        }
    }

    /// An item that stays in its open batch while those behind it were given back: its lane is busy again.
    mutating func retake(_ item: Item) {
        if let lane = entries[item]?.lane { lanes[lane]?.isBusy = true }
    }

    /// The first item of its lane is to die; its lane waits for that.
    mutating func die(_ item: Item) {
        guard let entry = entries[item] else { return }
        if entry.status == .deciding { deciding -= 1 }
        entries[item]?.status = .dying
        if lanes[entry.lane]?.items.first == item { lanes[entry.lane]?.isBusy = true }
    }

    /// The item is done or dropped: it leaves its lane.
    mutating func remove(_ item: Item) {
        guard let entry = entries.removeValue(forKey: item) else { return }
        if entry.status == .deciding { deciding -= 1 }
        backingOff.remove(item)
        guard var lane = lanes[entry.lane] else { return }
        if lane.items.first == item { lane.items.removeFirst() } else { lane.items.removeAll { $0 == item } }
        if entry.status == .committing || entry.status == .dying {
            lane.isBusy = lane.items.contains { entries[$0]?.status == .committing }
        }
        if lane.items.isEmpty {
            lanes[entry.lane] = nil
        } else {
            lanes[entry.lane] = lane
            list(entry.lane)
        }
    }

    func lane(of item: Item) -> TicketID? { entries[item]?.lane }

    /// Lists a lane as ready if its first item is decided and nothing of it is under way.
    private mutating func list(_ id: TicketID?) {
        guard let id, var lane = lanes[id], !lane.isBusy, !lane.isListed, let first = lane.items.first else { return }
        guard entries[first]?.status == .decided else { return }
        lane.isListed = true
        lanes[id] = lane
        ready.append(id)
    }
}
