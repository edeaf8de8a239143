import Domain
import Foundation
import HTTPTypes
import Hummingbird
import NIOCore
import Observability

/// One request on its way through the gateway.
struct Exchange: Sendable {
    let request: Request
    let context: GatewayContext
    /// Sent back, logged, and shown in problems.
    let requestID: String
    /// Where it comes from, proxies left out; nil without a network.
    let client: ClientAddress?
    /// This gateway's own span of the caller's trace.
    let trace: TraceContext
    /// The parts of the path that the route leaves open, in order.
    let parameters: [Substring]
    /// The query, with the parameters that the route's contract declares and no others.
    var query = QueryParameters()

    /// The ticket named in the path.
    /// - Throws: `Problem`: what is no id names no ticket.
    func ticketID() throws(Problem) -> TicketID {
        guard let text = parameters.first, let id = TicketID(text) else { throw .ticketNotFound }
        return id
    }

    /// The key that proves the caller, from `Authorization: Bearer`.
    var bearer: Substring? {
        guard let header = request.headers[.authorization] else { return nil }
        let parts = header.split(separator: " ", maxSplits: 1, omittingEmptySubsequences: true)
        guard parts.count == 2, parts[0].lowercased() == "bearer" else { return nil }
        return parts[1]
    }

    /// The request's own name for what it does, so that doing it twice is doing it once.
    /// - Throws: `Problem` for a key that is not 1 to 255 printable ASCII characters.
    func idempotencyKey() throws(Problem) -> String? {
        guard let key = request.headers[.idempotencyKey] else { return nil }
        guard (1...255).contains(key.utf8.count), key.utf8.allSatisfy({ (0x20...0x7E).contains($0) }) else {
            throw .header("Idempotency-Key", expected: "1 to 255 printable ASCII characters", found: "\(key.utf8.count) bytes, or others")
        }
        return key
    }
}

/// An id for a request that came without a usable one.
enum RequestID {
    static func of(_ request: Request) -> String {
        if let given = request.headers[.requestID], (1...128).contains(given.utf8.count), given.utf8.allSatisfy(isSane) { return given }
        let bits = UInt64.random(in: .min ... .max)
        let digits = String(bits, radix: 16)
        return String(repeating: "0", count: 16 - digits.utf8.count) + digits
    }

    /// What can stand in a log line or a header without harm.
    private static func isSane(_ byte: UInt8) -> Bool {
        switch byte {
        case 45, 46, 48...57, 65...90, 95, 97...122: true
        default: false
        }
    }
}
