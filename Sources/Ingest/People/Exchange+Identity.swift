import Access
import Domain
import Foundation
import HTTPTypes
import Hummingbird
import Stores

extension Exchange {
    /// Largest body of a request about people, roles and keys.
    static let smallBody = 16_384

    /// Who does this and from where, for the audit log.
    func origin(_ principal: Principal) -> Origin { Origin(actor: principal.id, address: client?.description ?? "", requestID: requestID) }

    /// The same where nobody has proved who they are.
    var strangersOrigin: Origin { Origin(actor: "nobody", address: client?.description ?? "", requestID: requestID) }

    /// What attempts from one place are counted by: an IPv4 address, and of IPv6 the network that one customer holds.
    var network: String { client?.client.description ?? "" }

    /// What the client calls itself, cut to what a list of sessions needs.
    var userAgent: String { String((request.headers[.userAgent] ?? "").unicodeScalars.prefix(200).filter { $0.value >= 0x20 }.map(Character.init)) }

    /// A body of one of these requests.
    func small<Body: Decodable>(_ type: Body.Type) async throws -> Body {
        try RequestJSON.decode(type, from: await json(limit: Self.smallBody))
    }

    /// A body of one of these requests, and its bytes.
    func smallWithBytes<Body: Decodable>(_ type: Body.Type) async throws -> (Body, [UInt8]) {
        let json = try await json(limit: Self.smallBody)
        return (try RequestJSON.decode(type, from: json), Array(json))
    }

    /// An id in the path.
    /// - Throws: `Problem`: what is no id names nothing.
    func id(_ place: Int = 0) throws(Problem) -> UUID {
        guard place < parameters.count, parameters[place].utf8.count == 36, let id = UUID(uuidString: String(parameters[place])) else {
            throw .absent
        }
        return id
    }

    /// A name in the path, such as a role's.
    /// - Throws: `Problem`.
    func name(_ place: Int = 0) throws(Problem) -> String {
        guard place < parameters.count, let name = parameters[place].removingPercentEncoding, !name.utf8.contains(0) else { throw .absent }
        return name
    }
}

extension Principal {
    /// The account and session of who signed in.
    /// - Throws: `Problem` for an API key.
    func signedIn() throws(Problem) -> SignIn {
        guard let signIn else {
            throw Problem(.forbidden, "This is about an account, and an API key has none; sign in with POST /v1/auth/login.")
        }
        return signIn
    }
}

extension Problem {
    /// Nothing of this name is there.
    static let absent = Problem(.notFound, "Nothing here has this name; list what there is.")
}
