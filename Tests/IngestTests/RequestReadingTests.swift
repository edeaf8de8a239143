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
    static let key = [UInt8](repeating: 9, count: 32)
    let position = TicketPosition(submittedAt: Date(timeIntervalSince1970: 1_763_800_000.123456), id: TicketID(UUID()))
    let filter = TicketFilter(state: .triaged, tier: .engineer, category: "lab")

    @Test("A cursor carries its place to the microsecond")
    func roundTrip() throws {
        for offset in [0, 0.000001, 0.999999, -123456.654321, 3_000_000_000] {
            var position = position
            position.submittedAt += offset
            let text = TicketCursor(position: position).text(for: filter, key: Self.key)
            let read = try TicketCursor(text, for: filter, key: Self.key).position
            #expect(read.id == position.id)
            #expect(abs(read.submittedAt.timeIntervalSince(position.submittedAt)) < 0.0000005)
            #expect(TicketCursor(position: read).text(for: filter, key: Self.key) == text)
        }
    }

    @Test("Changing any character is noticed")
    func tampering() {
        let text = Array(TicketCursor(position: position).text(for: filter, key: Self.key))
        for index in text.indices {
            var changed = text
            changed[index] = text[index] == "A" ? "B" : "A"
            #expect(throws: Problem.self) { try TicketCursor(String(changed), for: filter, key: Self.key) }
        }
    }

    static let others: [TicketFilter] = [
        TicketFilter(), TicketFilter(state: .triaged, tier: .engineer, category: "labs"),
        TicketFilter(state: .new, tier: .engineer, category: "lab"),
        TicketFilter(state: .triaged, tier: .engineer, category: "lab", requester: "ada"),
        TicketFilter(state: .triaged, tier: .engineer, requester: "lab"),
        TicketFilter(state: .triaged, tier: .engineer, category: "lab", isOpen: true),
        TicketFilter(state: .triaged, tier: .engineer, category: "lab", needsHuman: false),
        TicketFilter(state: .triaged, tier: .engineer, category: "lab", language: "de"),
        TicketFilter(state: .triaged, tier: .engineer, category: "lab", assignee: "eve"),
        TicketFilter(state: .triaged, tier: .engineer, category: "lab", isUnassigned: true),
        TicketFilter(state: .triaged, tier: .engineer, category: "lab", tag: "vip"),
        TicketFilter(state: .triaged, tier: .engineer, category: "lab", watcher: "eve"),
        TicketFilter(state: .triaged, tier: .engineer, category: "lab", submittedFrom: Date(timeIntervalSince1970: 0)),
        TicketFilter(state: .triaged, tier: .engineer, category: "lab", submittedUntil: Date(timeIntervalSince1970: 0)),
        TicketFilter(state: .triaged, tier: .engineer, category: "lab", words: "frozen"),
        TicketFilter(state: .triaged, tier: .engineer, category: "lab", order: .oldestFirst)
    ]

    @Test("A cursor of another list is refused", arguments: others)
    func otherFilter(other: TicketFilter) {
        let text = TicketCursor(position: position).text(for: filter, key: Self.key)
        #expect(throws: Problem.self) { try TicketCursor(text, for: other, key: Self.key) }
    }

    @Test("Who does not have the key makes no cursor")
    func forged() {
        let text = TicketCursor(position: position).text(for: filter, key: [UInt8](repeating: 0, count: 32))
        #expect(performing: { try TicketCursor(text, for: filter, key: Self.key) }, throws: { ($0 as? Problem)?.type == .invalidQuery })
    }

    @Test("A row with a time that no calendar knows still has a cursor", arguments: [Double.infinity, -.infinity, 1e300, -1e12, .nan])
    func oddRow(seconds: Double) throws {
        let odd = TicketPosition(submittedAt: Date(timeIntervalSinceReferenceDate: seconds), id: position.id)
        let text = TicketCursor(position: odd).text(for: filter, key: Self.key)
        let read = try TicketCursor(text, for: filter, key: Self.key).position
        #expect(read.id == position.id && TicketCursor.times.contains(read.submittedAt.timeIntervalSinceReferenceDate))
    }

    @Test(arguments: ["", "x", String(repeating: "A", count: 55), String(repeating: "A", count: 5000), "é"])
    func nonsense(text: String) {
        #expect(performing: { try TicketCursor(text, for: filter, key: Self.key) }, throws: { ($0 as? Problem)?.type == .invalidQuery })
    }
}

@Suite("Versions in headers")
struct VersionTagTests {
    @Test(
        arguments: [
            ([#""3""#], .oneOf([3])), ([#""3", "4""#], .oneOf([3, 4])), ([#""3""#, #""5""#], .oneOf([3, 5])), (["*"], .any),
            ([#"W/"3""#], .oneOf([])), ([#""03""#], .oneOf([])), ([#""x""#], .oneOf([])), ([#""-1""#], .oneOf([-1]))
        ] as [([String], ExpectedVersion)])
    func expected(values: [String], version: ExpectedVersion) throws {
        #expect(try VersionTag.expected(values) == version)
    }

    @Test(arguments: ["3", "", "\"3", "*, \"3\"", "\"a b\"", "\"3\";", "\"\"\"", String(repeating: "\"3\",", count: 3)])
    func refused(value: String) {
        #expect(performing: { try VersionTag.expected([value]) }, throws: { ($0 as? Problem)?.type == .invalidHeader })
    }

    @Test("None is asked for")
    func missing() {
        #expect(performing: { try VersionTag.expected([]) }, throws: { ($0 as? Problem)?.type == .versionRequired })
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
        #expect(query.limit == 7 && query.cursor == nil)
    }

    @Test(arguments: ["/v1/tickets", "/v1/tickets?", "/v1/tickets?&"])
    func nothing(target: String) throws {
        let query = try TicketListQuery(target: target)
        #expect(query.filter == TicketFilter() && query.limit == 50)
    }

    @Test(arguments: [
        ("limit=0", "limit"), ("limit=201", "limit"), ("limit=x", "limit"), ("limit=", "limit"), ("limit", "limit"), ("limit=1&limit=2", "limit"),
        ("state=open", "state"), ("tier=4", "tier"), ("tier=-1", "tier"), ("severity=HIGH", "severity"), ("category=%ff", "category"),
        ("category=%zz", "category"), ("category=a%00", "category"), ("offset=3", "offset"), ("State=new", "State"), ("sort=updatedAt", "sort"),
        ("open=1", "open"), ("submittedFrom=yesterday", "submittedFrom"),
        ("q=" + String(repeating: "x", count: 301), "q"), ("q=a%00b", "q"),
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
        let payload = try SubmissionRequest(json: Data(#"{"subject":"s","body":"b","requester":{"name":"P"}}"#.utf8))
            .payload(for: portal, ticket: ticket)
        #expect(payload.requester == Requester(id: "portal", name: "P"))
        #expect(payload.persona == .supportEngineer && payload.channel == "api" && payload.ticketID == ticket)
    }

    @Test(
        arguments: [
            ("", ProblemType.invalidJSON, nil), ("{", .invalidJSON, nil), ("nonsense", .invalidJSON, nil), ("\u{FF}", .invalidJSON, nil),
            ("[]", .invalidFields, ""), (#"{"body":"b"}"#, .invalidFields, "subject"), (#"{"subject":1,"body":"b"}"#, .invalidFields, "subject"),
            (#"{"subject":"s","body":"b","persona":"king"}"#, .invalidFields, "persona"),
            (#"{"subject":"s","body":"b","extra":1}"#, .invalidFields, "extra"),
            (#"{"subject":"s","body":"b","requester":{"nmae":"P"}}"#, .invalidFields, "requester.nmae"),
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
