import Access
import Domain
import Foundation
import HTTPTypes
import Identity
import Stores
import Testing

@testable import Ingest

@Suite("Cursors")
struct TicketCursorTests {
    let position = TicketPosition(submittedAt: Date(timeIntervalSince1970: 1_763_800_000.123456), id: TicketID(UUID()))
    let filter = TicketFilter(state: .triaged, tier: .engineer, category: "lab")

    @Test("A cursor carries its place to the microsecond")
    func roundTrip() throws {
        for offset in [0, 0.000001, 0.999999, -123456.654321, 3_000_000_000] {
            var position = position
            position.submittedAt += offset
            let text = TicketCursor(position: position).text(for: filter)
            let read = try TicketCursor(text, for: filter).position
            #expect(read.id == position.id)
            #expect(abs(read.submittedAt.timeIntervalSince(position.submittedAt)) < 0.0000005)
            #expect(TicketCursor(position: read).text(for: filter) == text)
        }
    }

    @Test("Changing any character is noticed")
    func tampering() {
        let text = Array(TicketCursor(position: position).text(for: filter))
        for index in text.indices {
            var changed = text
            changed[index] = text[index] == "A" ? "B" : "A"
            #expect(throws: Problem.self) { try TicketCursor(String(changed), for: filter) }
        }
    }

    @Test(
        "A cursor of another list is refused",
        arguments: [
            TicketFilter(), TicketFilter(state: .triaged, tier: .engineer, category: "labs"),
            TicketFilter(state: .new, tier: .engineer, category: "lab"),
            TicketFilter(state: .triaged, tier: .engineer, category: "lab", requester: "ada"),
            TicketFilter(state: .triaged, tier: .engineer, requester: "lab")
        ])
    func otherFilter(other: TicketFilter) {
        let text = TicketCursor(position: position).text(for: filter)
        #expect(throws: Problem.self) { try TicketCursor(text, for: other) }
    }

    /// Anyone can compute a check sum.
    static func forged(_ micros: Int64, for filter: TicketFilter) -> String {
        var bytes = [TicketCursor.version]
        withUnsafeBytes(of: micros.bigEndian) { bytes.append(contentsOf: $0) }
        bytes += [UInt8](repeating: 7, count: 16)
        return Base64URL.encode(bytes + TicketCursor.checkSum(bytes, filter))
    }

    /// Times that no ticket has, in microseconds from 2001: the ends of what 64 bits say, of what PostgreSQL can hold, of the calendar.
    static let impossible: [Int64] = [
        .max, .max - 1, .min, .min + 1, 9_223_339_708_800_000_000, 9_223_339_708_799_999_999, -211_845_110_400_000_000, -9_223_372_036_000_000_000,
        252_423_993_600_000_000, -978_307_200_000_001
    ]

    @Test("A forged cursor of a time that no ticket has is refused", arguments: impossible)
    func forgedTime(micros: Int64) {
        #expect(
            performing: { try TicketCursor(Self.forged(micros, for: filter), for: filter) }, throws: { ($0 as? Problem)?.type == .invalidQuery })
    }

    @Test("A forged cursor of a possible time is a place like any other", arguments: [-978_307_200_000_000, 0, 252_423_993_599_000_000] as [Int64])
    func possibleTime(micros: Int64) throws {
        let cursor = try TicketCursor(Self.forged(micros, for: filter), for: filter)
        #expect(cursor.position.submittedAt.timeIntervalSinceReferenceDate == Double(micros) / 1_000_000)
        #expect(cursor.text(for: filter) == Self.forged(micros, for: filter))
    }

    @Test("A row with a time that no calendar knows still has a cursor", arguments: [Double.infinity, -.infinity, 1e300, -1e12, .nan])
    func oddRow(seconds: Double) throws {
        let odd = TicketPosition(submittedAt: Date(timeIntervalSinceReferenceDate: seconds), id: position.id)
        #expect(try TicketCursor(TicketCursor(position: odd).text(for: filter), for: filter).position.id == position.id)
    }

    @Test(arguments: ["", "x", String(repeating: "A", count: 44), String(repeating: "A", count: 5000), "é"])
    func nonsense(text: String) {
        #expect(performing: { try TicketCursor(text, for: filter) }, throws: { ($0 as? Problem)?.type == .invalidQuery })
    }
}

extension TicketListQuery {
    fileprivate init(target: String) throws {
        self = try TicketListQuery(QueryParameters(target: target, allowed: Self.parameters.map(\.name)))
    }
}

@Suite("Queries")
struct TicketListQueryTests {
    @Test func everything() throws {
        let query = try TicketListQuery(
            target: "/v1/tickets?state=in_progress&tier=2&severity=high&category=lab%20vm&requester=a%2Bb+c&limit=7")
        #expect(query.filter == TicketFilter(state: .inProgress, tier: .engineer, severity: .high, category: "lab vm", requester: "a+b c"))
        #expect(query.limit == 7 && query.position == nil)
    }

    @Test(arguments: ["/v1/tickets", "/v1/tickets?", "/v1/tickets?&"])
    func nothing(target: String) throws {
        let query = try TicketListQuery(target: target)
        #expect(query.filter == TicketFilter() && query.limit == 50)
    }

    @Test(arguments: [
        ("limit=0", "limit"), ("limit=201", "limit"), ("limit=x", "limit"), ("limit=", "limit"), ("limit", "limit"), ("limit=1&limit=2", "limit"),
        ("state=open", "state"), ("tier=4", "tier"), ("tier=-1", "tier"), ("severity=HIGH", "severity"), ("category=%ff", "category"),
        ("category=%zz", "category"), ("category=a%00", "category"), ("offset=3", "offset"), ("State=new", "State"), ("cursor=abc", "cursor"),
        ("requester=" + String(repeating: "x", count: 201), "requester")
    ])
    func refused(query: String, parameter: String) {
        #expect(
            performing: { try TicketListQuery(target: "/v1/tickets?" + query) },
            throws: { error in
                guard let problem = error as? Problem else { return false }
                return problem.type == .invalidQuery && problem.errors.first?.field == parameter && problem.detail.contains("'\(parameter)'")
            })
    }
}

@Suite("Small headers")
struct HeaderTests {
    @Test(
        arguments: [
            (["wait=5"], 5), (["respond-async, wait=10"], 10), (["respond-async", "Wait = 3"], 3), (["wait=99"], 30), (["wait=\"4\""], 4),
            (["wait=0"], nil), (["wait=-1"], nil), (["wait=soon"], nil), (["waiting=5"], nil), (["wait"], nil), ([""], nil), ([], nil),
            (["wait=2, wait=9"], 2), (["return=minimal; foo=wait=3"], nil)
        ] as [([String], Int?)])
    func preferWait(headers: [String], expected: Int?) {
        #expect(Preference.wait(headers) == expected)
    }

    @Test(arguments: [
        ("application/json", true), ("Application/JSON; charset=UTF-8", true), ("application/json;charset=\"utf-8\"", true),
        ("application/json; charset=latin1", false), ("text/json", false), ("application/jsonp", false), ("application/x-www-form-urlencoded", false),
        ("", false)
    ])
    func contentType(text: String, isJSON: Bool) {
        #expect(Exchange.isJSON(text) == isJSON)
    }
}

@Suite("Routes")
struct RouteTableTests {
    let table = RouteTable([
        Endpoint(.post, "/v1/tickets", open: { _ in throw CancellationError() }),
        Endpoint(.get, "/v1/tickets", open: { _ in throw CancellationError() }),
        Endpoint(.get, "/v1/tickets/{id}", open: { _ in throw CancellationError() }),
        Endpoint(.post, "/v1/tickets/{id}/messages", open: { _ in throw CancellationError() })
    ])

    @Test(arguments: [
        ("POST", "/v1/tickets", "0 []"), ("GET", "/v1/tickets?limit=1", "1 []"), ("GET", "/v1/tickets/abc?x=/", "2 [abc]"),
        ("POST", "/v1/tickets/abc/messages", "3 [abc]"), ("DELETE", "/v1/tickets", "allow POST, GET"), ("PUT", "/v1/tickets/abc", "allow GET"),
        ("GET", "/", "nothing"), ("GET", "", "nothing"), ("GET", "/v1/tickets/", "nothing"), ("GET", "/v1//tickets", "nothing"),
        ("GET", "/V1/tickets", "nothing"), ("GET", "/v1/tickets/abc/messages/1", "nothing"), ("GET", "*", "nothing")
    ])
    func matches(method: String, target: String, expected: String) throws {
        let found =
            switch table.match(try #require(HTTPRequest.Method(method)), target: target) {
            case .found(let index, let parameters): "\(index) [\(parameters.joined(separator: ","))]"
            case .otherMethods(let allow): "allow \(allow)"
            case .nothing: "nothing"
            }
        #expect(found == expected)
    }
}

@Suite("Problem bodies")
struct ProblemTests {
    @Test("The body is exactly this")
    func golden() {
        var problem = Problem(
            .invalidFields, "Correct it.", errors: [InvalidField("subject", expected: "a text of 1 to 500 characters", found: "a \"blank\" text")])
        problem.idempotencyKey = "k"
        let json = String(decoding: problem.json(instance: "/v1/tickets", requestID: "r-1"), as: UTF8.self)
        #expect(
            json == #"""
                {"detail":"Correct it.","errors":[{"expected":"a text of 1 to 500 characters","field":"subject","found":"a \"blank\" text"}],"idempotencyKey":"k","instance":"/v1/tickets","requestId":"r-1","status":422,"title":"A field of the body cannot be taken","type":"urn:esi-ai-helpdesk:problem:invalid-fields"}
                """#)
    }
}

@Suite("Bodies of submissions")
struct SubmissionRequestTests {
    let portal = Principal(
        id: "key:1", role: "agent", permissions: Role.agent.defaultPermissions, requesterID: "portal", persona: .supportEngineer)
    let ticket = TicketID(UUID())

    @Test func defaults() throws {
        let payload = try SubmissionRequest(json: Data(#"{"subject":"s","body":"b","requester":{"name":"P"},"extra":1}"#.utf8))
            .payload(for: portal, ticket: ticket)
        #expect(payload.requester == Requester(id: "portal", name: "P"))
        #expect(payload.persona == .supportEngineer && payload.channel == "api" && payload.ticketID == ticket)
    }

    @Test(
        arguments: [
            ("", ProblemType.invalidJSON, nil), ("{", .invalidJSON, nil), ("nonsense", .invalidJSON, nil), ("\u{FF}", .invalidJSON, nil),
            ("[]", .invalidFields, ""), (#"{"body":"b"}"#, .invalidFields, "subject"), (#"{"subject":1,"body":"b"}"#, .invalidFields, "subject"),
            (#"{"subject":"s","body":"b","persona":"king"}"#, .invalidFields, "persona"),
            (#"{"subject":"s","body":"b","requester":{"id":5}}"#, .invalidFields, "requester.id"),
            (#"{"subject":"s","body":"b","requester":"ada"}"#, .invalidFields, "requester")
        ] as [(String, ProblemType, String?)])
    func refused(json: String, type: ProblemType, field: String?) {
        #expect(
            performing: { try SubmissionRequest(json: Data(json.utf8)) },
            throws: { error in
                guard let problem = error as? Problem else { return false }
                return problem.type == type && problem.errors.first?.field == field
            })
    }

    @Test(arguments: [
        ("\u{0}", "subject"), (" \n", "subject"), (String(repeating: "x", count: 501), "subject")
    ])
    func limits(subject: String, field: String) throws {
        var request = try SubmissionRequest(json: Data(#"{"subject":"s","body":"b"}"#.utf8))
        request.subject = subject
        #expect(performing: { try request.payload(for: portal, ticket: ticket) }, throws: { ($0 as? InvalidField)?.field == field })
    }
}
