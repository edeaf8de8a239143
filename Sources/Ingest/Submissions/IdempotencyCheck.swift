import Domain
import Foundation
import Stores

/// Whether a keyed request was sent before, and with which body: from memory, else from the inbox of the topic's one reader while the
/// database answers. What neither knows is sent; the reader tells a changed body apart in any case.
struct IdempotencyCheck: Sendable {
    /// The one reader of the tickets topic, as its inbox rows name it.
    static let consumer = "triage"
    /// The longest that the inbox is waited for: an aid, not a condition.
    static let patience: Duration = .milliseconds(500)

    enum Finding: Sendable {
        /// The log has it already, with this very body.
        case done
        /// To be published, under the identity that its reader will give it. `isKnown` when it may have been sent before.
        case open(UUID, isKnown: Bool)
    }

    let cache: IdempotencyCache
    /// The payload's hash under which the consumer handled an event; nil when it did not.
    let handledHash: @Sendable (_ event: UUID) async throws -> [UInt8]?
    /// False while the database is known to be away, which spares the attempt.
    let isDatabaseReachable: @Sendable () -> Bool

    /// - Throws: `Problem` when the key stands for another body.
    func look(at event: GatewayEvent) async throws(Problem) -> Finding {
        let (id, hash) = event.handled
        switch cache.note(id, payloadHash: hash) {
        case .otherBody: throw Self.conflict
        case .same(isAcknowledged: true): return .done
        case .same(isAcknowledged: false): return .open(id, isKnown: true)
        case .new: break
        }
        guard isDatabaseReachable(), let stored = await inboxHash(id) else { return .open(id, isKnown: false) }
        guard stored == hash else {
            cache.forget(id)
            throw Self.conflict
        }
        cache.acknowledge(id)
        return .done
    }

    func acknowledge(_ event: UUID) { cache.acknowledge(event) }

    private func inboxHash(_ event: UUID) async -> [UInt8]? {
        await within(Self.patience) { try? await handledHash(event) } ?? nil
    }

    private static let conflict = Problem(
        .idempotencyConflict, "This Idempotency-Key was used with another body. Use a new key for a new request, or the old body for the old one.")
}
