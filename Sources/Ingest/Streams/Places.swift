import Synchronization

/// A bound on what goes on for long: so many in all, and so many of one caller.
final class Places: Sendable {
    /// Nobody else fits in.
    enum Refusal: Error {
        /// The caller has as many as one may have.
        case caller
        case all
    }

    let limit: Int
    let perCaller: Int
    private let taken = Mutex([String: Int]())

    init(limit: Int, perCaller: Int) {
        self.limit = limit
        self.perCaller = perCaller
    }

    /// - Parameter caller: the id of a principal.
    func take(_ caller: String) throws(Refusal) -> Place {
        let refusal: Refusal? = taken.withLock { taken in
            guard taken[caller, default: 0] < perCaller else { return .caller }
            guard taken.values.reduce(0, +) < limit else { return .all }
            taken[caller, default: 0] += 1
            return nil
        }
        if let refusal { throw refusal }
        return Place(caller, self)
    }

    /// Places that are taken.
    var count: Int { taken.withLock { $0.values.reduce(0, +) } }

    private func giveBack(_ caller: String) {
        taken.withLock { taken in
            let count = taken[caller, default: 0]
            taken[caller] = count > 1 ? count - 1 : nil
        }
    }

    /// One place, given back with the last reference to it: also where an answer is thrown away before it was begun.
    final class Place: Sendable {
        private let caller: String
        private let places: Places

        fileprivate init(_ caller: String, _ places: Places) {
            self.caller = caller
            self.places = places
        }

        deinit { places.giveBack(caller) }
    }
}
