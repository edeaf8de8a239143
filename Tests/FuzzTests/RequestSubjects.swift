import Access
import Domain
import Foundation
import HTTPTypes
import Identity
import Observability
import Stores
@testable import Ingest
@testable import Postgres

// What clients of the gateway send: bodies, targets, headers.
extension Subject {
    static let body = Subject(
        "body",
        seeds: [
            #"{"subject":"VPN \"down\"","body":"It says\n\u00e9rror \ud83d\ude00","requester":{"id":"ada","name":"Ada","email":"a@b.c"},"persona":"trainee"}"#,
            #"{"subject":"s","body":"b","channel":"mail","course":"c","module":"m","extra":[1,2.5,null,{"a":true}]}"#,
            #"{"body":"Still broken.","visibility":"internal","author":{"kind":"agent","id":"u"}}"#, #"{"body":"b"}"#, "[]"
        ],
        words: [
            "\"subject\":", "\"body\":", "\"requester\":", "\"visibility\":\"public\"", "\"persona\":\"admin\"", "\\/", "\\b", "\\u001f", "/*", "//"
        ]
    ) { input in
        let json = Data(input)
        return try submission(json) + "; " + reply(json)
    }

    private static let ticket = TicketID(UUID(uuid: (1, 144, 182, 161, 0, 0, 112, 0, 128, 0, 0, 0, 0, 0, 0, 1)))
    private static let portal = Principal(
        id: "key:1", role: "agent", permissions: Role.agent.defaultPermissions, requesterID: "portal", persona: .supportEngineer)

    private static func submission(_ json: Data) throws -> String {
        let payload: TicketSubmitted
        do {
            payload = try SubmissionRequest(json: json).payload(for: portal, ticket: ticket)
        } catch let problem as Problem {
            return try said(problem)
        } catch let field as InvalidField {
            return try said(.invalid(field))
        } catch let denied as AccessRefusal {
            return try refusal(denied.description, limit: 2000)
        }
        let bytes = payload.encoded()
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        try promise(try encoder.encode(payload) == Data(bytes), "a submission that is written in two ways")
        try promise(!bytes.contains(0), "a submission with a zero byte")
        try promise(try TicketSubmitted.decode(type: TicketSubmitted.type, from: Data(bytes)) == payload, "a submission that changes on its way")
        return "submitted"
    }

    private static func reply(_ json: Data) throws -> String {
        do {
            let request = try ReplyRequest(json: json)
            let payload = TicketReplied(
                ticketID: ticket, author: request.author ?? Author(kind: .agent, id: "a"), visibility: request.visibility, body: request.body)
            try payload.validate()
            try promise(!payload.body.utf8.contains(0), "a reply with U+0000 was taken")
            return "replied"
        } catch let problem as Problem {
            return try said(problem)
        } catch let field as InvalidField {
            return try said(.invalid(field))
        }
    }

    /// A problem as the client reads it: short, and JSON.
    private static func said(_ problem: Problem) throws -> String {
        let json = problem.json(instance: "/v1/tickets", requestID: "r")
        try promise(json.count < 8000, "a problem of \(json.count) bytes")
        let read = try? JSONSerialization.jsonObject(with: Data(json)) as? [String: Any]
        try promise(read?["type"] != nil, "a problem that is no JSON")
        return problem.detail + (problem.errors.first?.description ?? "")
    }

    static let query = Subject(
        "query",
        seeds: [
            "/v1/tickets?state=in_progress&tier=2&severity=high&category=lab%20vm&requester=a%2Bb+c&limit=7",
            "/v1/tickets/0190b6a1-0000-7000-8000-000000000001",
            "/v1/tickets?cursor=" + cursor, "respond-async, wait=10; foo=\"bar\"", "application/json; charset=utf-8",
            "/v1/tickets/0190b6a1-0000-7000-8000-000000000001/messages?x=%ff", "wait=\"4\", wait=9"
        ],
        words: [
            "limit=", "cursor=", "&state=new", "tier=3", "%E2%82", "%2", "wait=", ";", ",", "charset=", "/", "//", "{id}", "99999999999999999999"
        ], maximumBytes: 3000
    ) { input in
        let text = String(decoding: input, as: UTF8.self)
        var outcome: String
        do throws(Problem) {
            let query = try QueryParameters(target: text, allowed: TicketListQuery.parameters.map(\.name))
            let list = try TicketListQuery(query)
            let position = try list.cursor.map { text throws(Problem) in try TicketCursor(text, for: list.filter, key: cursorKey).position }
            outcome = "limit \(list.limit == 50), \(position != nil)"
            if let position {
                var buffer = WireBuffer()
                // What a cursor may say, a statement must be able to ask.
                do throws(PostgresError) { try position.submittedAt.encode(into: &buffer) } catch { outcome = "unspeakable" }
            }
        } catch {
            outcome = error.detail
        }
        try promise(outcome != "unspeakable", "a cursor with a time that PostgreSQL cannot hold")
        switch routes.match(.get, target: text) {
        case .found(_, let parameters): outcome += parameters.first.map { TicketID($0) == nil ? "found" : "ticket" } ?? "list"
        case .otherMethods(let allow): outcome += allow
        case .nothing: outcome += "nothing"
        }
        if let seconds = Preference.wait([text]) {
            try promise((1...Preference.longestWait).contains(seconds), "a wait of \(seconds) s")
            outcome += "waits"
        }
        return try refusal(outcome + "\(Exchange.isJSON(text))", limit: 12_000)
    }

    /// What the gateways of a help desk would share.
    private static let cursorKey = [UInt8](repeating: 7, count: 32)

    private static let cursor: String = {
        let position = TicketPosition(submittedAt: Date(timeIntervalSince1970: 1_763_800_000.5), id: ticket)
        return TicketCursor(position: position).text(for: TicketFilter(), key: cursorKey)
    }()

    private static let routes = RouteTable([
        Endpoint(.post, "/v1/tickets", open: { _ in throw CancellationError() }),
        Endpoint(.get, "/v1/tickets", open: { _ in throw CancellationError() }),
        Endpoint(.get, "/v1/tickets/{id}", open: { _ in throw CancellationError() }),
        Endpoint(.post, "/v1/tickets/{id}/messages", open: { _ in throw CancellationError() })
    ])

    /// Small formats that stand in headers, settings and links.
    static let small = Subject(
        "small",
        seeds: [
            "2026-01-02T03:04:05.678901Z", "1969-12-31T23:59:60-23:59", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
            "hdk_0123456789abcdefghijklmnopqrstuvwxyzABCDEFG", cursor, "0190b6a1-0000-7000-8000-000000000001", "dGVzdA", "9999-12-31T23:59:59.999999Z"
        ], words: ["T", "Z", "+00:00", ".", "0000-01-01T00:00:00Z", "auto-"], maximumBytes: 300
    ) { input in
        let text = String(decoding: input, as: UTF8.self)
        var outcome = ""
        if let date = RFC3339.date(text), (0..<253_402_300_799).contains(date.timeIntervalSince1970) {
            let again = RFC3339.date(RFC3339.string(date))
            // Far from today a Double no longer tells microseconds apart.
            try promise(again.map { abs($0.timeIntervalSince(date)) < 0.000_1 } ?? false, "a time that changes when it is written")
            outcome += "time"
        }
        if let trace = TraceContext(traceparent: text) {
            try promise(TraceContext(traceparent: trace.traceparent) == trace, "a trace that changes when it is written")
            _ = trace.child()
            outcome += "trace"
        }
        if let bytes = Base64URL.decode(text) {
            try promise(Base64URL.encode(bytes) == text, "two texts for the same bytes")
            outcome += "bytes\(bytes.count % 4)"
        }
        if let id = TicketID(text) {
            try promise(TicketID(id.description) == id, "an id that changes when it is written")
            outcome += "id"
        }
        _ = TicketNaming.ticket(principal: text, key: "auto-" + text)
        if KeySecret(text) != nil { outcome += "key" }
        do throws(Problem) {
            _ = try TicketCursor(text, for: TicketFilter(), key: cursorKey)
            outcome += "cursor"
        } catch {}
        return outcome + "\(min(9, text.utf8.count / 8))"
    }
}
