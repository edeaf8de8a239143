import Domain
import Stores
import Synchronization

/// The words of tickets that were looked at lately. The same neighbours come up for one ticket after another, and their texts never change:
/// reading and cutting up two hundred of them for each event would be most of the work.
final class LookAlikeCache: Sendable {
    /// About 5 MB of ordinary tickets.
    static let largestCount = 20_000

    private let known = Mutex<[TicketID: LookAlike]>([:])

    /// - Parameter read: the texts of tickets whose words are not known.
    func lookAlikes(
        of ids: [TicketID], read: ([TicketID]) throws -> [TicketID: TicketText]
    ) throws -> [TicketID: LookAlike] {
        var found = known.withLock { known in ids.reduce(into: [:]) { $0[$1] = known[$1] } }
        let missing = ids.filter { found[$0] == nil }
        guard !missing.isEmpty else { return found }
        let new = try read(missing).mapValues { LookAlike(subject: $0.subject, body: $0.body) }
        known.withLock { known in
            if known.count + new.count > Self.largestCount { known.removeAll(keepingCapacity: true) }
            known.merge(new) { $1 }
        }
        found.merge(new) { $1 }
        return found
    }
}
