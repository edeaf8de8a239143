import Domain
import Foundation
import NIOCore
import Stores

/// What a stream tells of a change.
struct TicketEvent: Codable, Annotated {
    let ticket: TicketID
    let version: Int
    let change: ChangeKind
    let at: String

    static let notes: [String: Note] = [
        "ticket": .about("The ticket that changed. Read it for what it is now."),
        "version": .about("Its version after the change, as the caller counts: the `ETag` of a ticket that has not changed since."),
        "change": .about("What happened, as the history calls it."), "at": Note(members: ["format": "date-time"])
    ]

    /// The names that an event may have: those of the events on the log.
    enum Name: String, CaseIterable {
        case classified = "ticket.classified"
        case answered = "ticket.answered"
        case updated = "ticket.updated"
    }
}

/// A change that the log tells of: its name, and where it is looked up.
struct ChangeNotice: Sendable, Hashable {
    let name: TicketEvent.Name
    let place: ChangePlace
}

/// A change in the forms in which it is told, made once for all streams.
struct ToldChange: Sendable {
    let ticket: TicketID
    let requester: String
    let forStaff: [UInt8]
    /// Nil for what requesters do not see: what is internal, and answers that were kept back.
    let forRequesters: [UInt8]?

    init(_ notice: ChangeNotice, _ stored: StoredChange) {
        let place = notice.place
        ticket = place.ticket
        requester = stored.requester
        forStaff = Self.text(notice, version: place.version, stored)
        let isShown = !stored.isInternal && (notice.name != .answered || stored.isAnswerShown)
        forRequesters = isShown ? Self.text(notice, version: place.version - stored.hiddenVersions, stored) : nil
    }

    private static func text(_ notice: ChangeNotice, version: Int, _ stored: StoredChange) -> [UInt8] {
        let event = TicketEvent(ticket: notice.place.ticket, version: version, change: stored.kind, at: RFC3339.string(stored.at))
        return ServerSentEvents.event(notice.name.rawValue, id: "\(notice.place.ticket):\(version)", JSONBody.encode(event))
    }
}

/// The text of `text/event-stream` (HTML Living Standard, section 9.2).
enum ServerSentEvents {
    static let mediaType = "text/event-stream"
    /// What a stream begins with: when to come again after its end, and a sign that it is open.
    static let opening = Array("retry: 3000\n: open\n\n".utf8)
    /// A comment, so that nobody on the way takes the connection for dead.
    static let heartbeat = Array(":\n\n".utf8)

    /// - Parameter data: without line breaks.
    static func event(_ name: String, id: String? = nil, _ data: [UInt8]) -> [UInt8] {
        var text = Array((id.map { "id: \($0)\n" } ?? "").utf8)
        text.reserveCapacity(data.count + 128)
        text += Array("event: \(name)\ndata: ".utf8)
        text += data
        text += [10, 10]
        return text
    }
}
