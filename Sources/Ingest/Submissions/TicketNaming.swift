import Domain
import Foundation

/// How a submission gets its ticket's id: from the caller and its idempotency key, so that the same request sent again, to any gateway at any
/// time, is the same ticket and the same event.
enum TicketNaming {
    /// Starts a key that the gateway made because the client sent none. It carries a time, so that the ids made from it lie in order of time
    /// like any UUIDv7; the rest of the id depends on the principal as every keyed id does, so that nobody can aim at another's ticket.
    static let generatedPrefix = "auto-"

    static func generatedKey(at time: Date = Date()) -> String { generatedPrefix + UUID.v7(at: time).canonical }

    /// UUIDv5 of principal and key; for a generated key UUIDv7 with the key's time and the bits of that UUIDv5.
    static func ticket(principal: String, key: String) -> TicketID {
        let name = UUID.v5(namespace: IDNamespace.ticket, principal, key)
        guard key.hasPrefix(generatedPrefix), let made = UUID(uuidString: String(key.dropFirst(generatedPrefix.count))) else {
            return TicketID(name)
        }
        let time = made.uuid, bits = name.uuid
        guard time.6 >> 4 == 7 else { return TicketID(name) }
        return TicketID(
            UUID(
                uuid: (
                    time.0, time.1, time.2, time.3, time.4, time.5, 0x70 | bits.6 & 0x0F, bits.7, bits.8, bits.9, bits.10, bits.11, bits.12,
                    bits.13, bits.14, bits.15
                )))
    }

    /// The id of a reply's event: of principal, ticket and key, or a new one without a key.
    static func reply(principal: String, ticket: TicketID, key: String) -> UUID {
        .v5(namespace: IDNamespace.ticket, principal, "reply", ticket.description, key)
    }
}
