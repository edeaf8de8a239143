import Messaging

/// The sends under way, by the number that the library carries for each. A pure structure; its owner guards it with a lock
/// and resumes, outside the lock, what it returns.
struct DeliveryTable {
    /// Somebody who waits for sends: resumed when the last of them is settled.
    ///
    /// `@unchecked Sendable`: its fields are touched under the producer's lock until `open` is zero, then only by whoever settled
    /// the last.
    final class Waiter: @unchecked Sendable {
        let topics: [String]
        var outcomes: [SinkError?]
        var open: Int
        let resume: @Sendable ([SinkError?]) -> Void

        init(topics: [String], resume: @escaping @Sendable ([SinkError?]) -> Void) {
            self.topics = topics
            outcomes = Array(repeating: nil, count: topics.count)
            open = topics.count
            self.resume = resume
        }

        func finish() { resume(outcomes) }
    }

    private struct Slot {
        let waiter: Waiter
        let index: Int
        /// The client it was handed to.
        let epoch: Int
    }

    private var slots: [Slot?] = []
    private var free: [Int] = []
    private(set) var count = 0

    /// A number above zero for one record of a waiter.
    mutating func open(_ waiter: Waiter, _ index: Int, epoch: Int) -> Int {
        count += 1
        let slot = Slot(waiter: waiter, index: index, epoch: epoch)
        if let number = free.popLast() {
            slots[number - 1] = slot
            return number
        }
        slots.append(slot)
        return slots.count
    }

    /// The library did not take the record after all.
    mutating func withdraw(_ number: Int) {
        slots[number - 1] = nil
        free.append(number)
        count -= 1
    }

    /// The topic of a send under way.
    func topic(_ number: Int) -> String? {
        guard slots.indices.contains(number - 1), let slot = slots[number - 1] else { return nil }
        return slot.waiter.topics[slot.index]
    }

    /// Settles a send. Returns its waiter when that was the last it waited for.
    mutating func settle(_ number: Int, _ error: SinkError?) -> Waiter? {
        guard slots.indices.contains(number - 1), let slot = slots[number - 1] else { return nil }
        withdraw(number)
        return Self.settle(slot.waiter, slot.index, error)
    }

    /// Settles a record that was never handed over.
    static func settle(_ waiter: Waiter, _ index: Int, _ error: SinkError?) -> Waiter? {
        waiter.outcomes[index] = error
        waiter.open -= 1
        return waiter.open == 0 ? waiter : nil
    }

    /// The numbers handed to one client, or to any.
    func numbers(epoch: Int?) -> [Int] {
        slots.indices.compactMap { index in
            guard let slot = slots[index], epoch == nil || slot.epoch == epoch else { return nil }
            return index + 1
        }
    }
}
