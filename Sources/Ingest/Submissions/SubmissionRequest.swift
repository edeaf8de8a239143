import Access
import Domain
import Foundation

/// The body of `POST /v1/tickets`. A field of another name is refused; on the topic, where newer writers may know more, it is passed over.
struct SubmissionRequest: Decodable {
    struct Person: Decodable {
        var id: String?
        var name: String?
        var email: String?
    }

    /// Absent: the key's own requester.
    var requester: Person?
    /// Absent: the key's own persona.
    var persona: Persona?
    /// Absent: `api`.
    var channel: String?
    var subject: String
    var body: String
    var course: String?
    var module: String?

    /// - Throws: `Problem`: 400 for what is not JSON, 422 for a field of another type.
    init(json: Data) throws(Problem) {
        self = try RequestJSON.decode(SubmissionRequest.self, from: json)
    }

    /// The event's payload.
    /// - Throws: `AccessRefusal` for a requester or persona that the principal may not name; `InvalidField`.
    func payload(for principal: Principal, ticket: TicketID) throws -> TicketSubmitted {
        let identity = try principal.submissionIdentity(requester: requester?.id, persona: persona)
        let payload = TicketSubmitted(
            ticketID: ticket, requester: Requester(id: identity.requesterID, name: requester?.name, email: requester?.email),
            persona: identity.persona, channel: channel ?? "api", subject: subject, body: body, course: course, module: module)
        try payload.validate()
        return payload
    }
}

/// The body of `POST /v1/tickets/{id}/messages`.
struct ReplyRequest: Decodable {
    var body: String
    /// Absent: public.
    var visibility: Visibility?
    /// Whom the caller speaks for; absent: itself.
    var author: Author?

    init(json: Data) throws(Problem) {
        self = try RequestJSON.decode(ReplyRequest.self, from: json)
    }
}

enum RequestJSON {
    static func decode<Body: Decodable>(_ type: Body.Type, from json: Data) throws(Problem) -> Body {
        do {
            let body = try JSONDecoder().decode(Body.self, from: json)
            guard let fields = FieldTree.of(Body.self), try !fields.check(json) else { return body }
            return try JSONDecoder().decode(StrictBody<Body>.self, from: json).body
        } catch {
            if let field = error as? InvalidField { throw .invalid(field) }
            guard let error = error as? DecodingError else { throw Problem(.invalidJSON, "Expected a JSON object in UTF-8.") }
            if case .dataCorrupted(let context) = error, context.codingPath.isEmpty {
                throw Problem(.invalidJSON, "Expected a JSON object in UTF-8, found \(json.isEmpty ? "nothing" : "text that is not JSON").")
            }
            throw .invalid(InvalidField(error))
        }
    }
}
