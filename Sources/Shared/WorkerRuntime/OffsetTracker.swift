import DequeModule
import Messaging

/// Knows for one assigned partition which of the dispatched records are finished, and so how far the group may be told that
/// everything is done.
struct OffsetTracker {
    private struct Entry {
        let offset: Int64
        var isFinished: Bool
    }

    /// In the order of the log; the first one is unfinished.
    private var entries: Deque<Entry> = []
    /// Everything before it is finished; nil until something was dispatched.
    private(set) var next: Int64?

    /// The newest dispatched offset; nil until something was dispatched.
    private(set) var newest: Int64?

    /// Records dispatched and not finished, or finished behind one that is not.
    var count: Int { entries.count }

    /// Distance from the oldest unfinished record to the newest dispatched one, in offsets.
    var span: Int64 {
        guard let first = entries.first, let last = entries.last else { return 0 }
        return last.offset - first.offset + 1
    }

    /// Notes a record about to be dispatched. Offsets grow; one that does not is a redelivery and answers false.
    mutating func dispatch(_ offset: Int64) -> Bool {
        if let last = entries.last, offset <= last.offset { return false }
        if entries.isEmpty, let next, offset < next { return false }
        if next == nil { next = offset }
        newest = offset
        entries.append(Entry(offset: offset, isFinished: false))
        return true
    }

    /// Notes a finished record; answers with the new `next` when that moved.
    mutating func finish(_ offset: Int64) -> Int64? {
        guard let index = position(of: offset) else { return nil }
        entries[index].isFinished = true
        guard index == 0 else { return nil }
        while let first = entries.first, first.isFinished {
            next = first.offset + 1
            entries.removeFirst()
        }
        return next
    }

    private func position(of offset: Int64) -> Int? {
        var low = 0
        var high = entries.count
        while low < high {
            let middle = (low + high) / 2
            if entries[middle].offset < offset { low = middle + 1 } else { high = middle }
        }
        return low < entries.count && entries[low].offset == offset ? low : nil
    }
}
