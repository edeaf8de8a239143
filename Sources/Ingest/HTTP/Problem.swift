import Domain
import Foundation
import HTTPTypes
import Hummingbird
import NIOCore

/// An answer other than success, as a body of RFC 9457. Thrown by routes; the responder writes it.
struct Problem: Error {
    var type: ProblemType
    /// What happened here and what to do, in sentences. Never holds a secret or a ticket's text.
    var detail: String
    /// The fields that could not be taken.
    var errors: [InvalidField] = []
    /// What to send with the repeated request.
    var idempotencyKey: String?
    var headers: HTTPFields = [:]

    init(_ type: ProblemType, _ detail: String, errors: [InvalidField] = [], headers: HTTPFields = [:]) {
        self.type = type
        self.detail = detail
        self.errors = errors
        self.headers = headers
    }

    /// - Parameters:
    ///   - instance: the path of the request.
    ///   - requestID: what to tell support.
    func response(instance: String, requestID: String) -> Response {
        var headers = headers
        headers[.contentType] = "application/problem+json"
        if let idempotencyKey { headers[.idempotencyKey] = idempotencyKey }
        return Response(
            status: .init(code: type.status), headers: headers,
            body: ResponseBody(byteBuffer: ByteBuffer(bytes: json(instance: instance, requestID: requestID))))
    }

    func json(instance: String, requestID: String) -> [UInt8] {
        let body = Body(
            type: type.uri, title: type.title, status: type.status, detail: detail, instance: instance, requestId: requestID,
            errors: errors.isEmpty ? nil : errors.map { .init(field: $0.field, expected: $0.expected, found: $0.found) },
            idempotencyKey: idempotencyKey)
        return JSONBody.encode(body)
    }

    struct Body: Codable, Annotated {
        let type: String, title: String, status: Int, detail: String, instance: String, requestId: String
        let errors: [Entry]?
        let idempotencyKey: String?

        struct Entry: Codable {
            let field: String, expected: String, found: String
        }

        static let notes: [String: Note] = [
            "type": .about("Names the kind of problem and never changes its meaning; docs/problems.md lists them."),
            "title": .about("The kind of problem in words."), "status": .about("The answer's status."),
            "detail": .about("What happened here, and what to do."), "instance": .about("The path that was asked for."),
            "requestId": .about("Tell it to support; it stands in the logs."), "errors": .about("What could not be taken."),
            "idempotencyKey": .about("Send it as Idempotency-Key when you send the request again.")
        ]
    }
}

extension Problem {
    static let retryAfterSeconds = 5

    static func invalid(_ error: InvalidField) -> Problem {
        Problem(.invalidFields, "Correct what stands in 'errors' and send it again.", errors: [error])
    }

    static func query(_ name: String, expected: String, found: String) -> Problem {
        Problem(
            .invalidQuery, "Query parameter '\(name.prefix(50))': expected \(expected), found \(found).",
            errors: [InvalidField(String(name.prefix(50)), expected: expected, found: found)])
    }

    static func header(_ name: String, expected: String, found: String) -> Problem {
        Problem(
            .invalidHeader, "Header '\(name)': expected \(expected), found \(found).",
            errors: [InvalidField(name, expected: expected, found: found)])
    }

    /// The same whether the ticket is not there or not for this caller.
    static let ticketNotFound = Problem(.ticketNotFound, "No ticket with this id exists for you; one just submitted appears within moments.")

    static func unavailable(_ type: ProblemType, _ detail: String) -> Problem {
        Problem(type, detail, headers: [.retryAfter: "\(retryAfterSeconds)"])
    }
}
