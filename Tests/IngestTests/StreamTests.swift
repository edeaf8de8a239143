import Access
import Domain
import Foundation
import HTTPTypes
import Stores
import Testing

@testable import Ingest

@Suite("Streams and exports without servers")
struct StreamTests {
    private let ada = Principal(
        id: "key:1", role: "end_user", permissions: Role.endUser.defaultPermissions, requesterID: "ada", persona: .trainee)

    private func change(_ version: Int, of requester: String = "ada", isInternal: Bool = false, hidden: Int = 0) -> ToldChange {
        ToldChange(
            ChangeNotice(name: .updated, place: ChangePlace(ticket: TicketID(UUID()), version: version)),
            StoredChange(
                kind: .moved, at: Date(), requester: requester, isInternal: isInternal, hiddenVersions: hidden, isAnswerShown: false))
    }

    @Test("A stream takes what its principal may know, up to its bound, and ends beyond it")
    func bound() async {
        let stream = EventStream(ada, bearer: "", ticket: nil, capacity: 2)
        #expect(stream.tell([change(1), change(2, of: "bob"), change(3, isInternal: true), change(5, hidden: 1)]))
        guard case .events(let events) = await stream.next() else { return #expect(Bool(false), "expected events") }
        #expect(events.count == 2 && String(decoding: events[1], as: UTF8.self).contains(#""version":4"#))
        #expect(stream.tell([change(1), change(2)]))
        #expect(!stream.tell([change(3)]), "full")
        #expect(stream.tell([change(4)]), "ended only once")
        guard case .end(.overflow) = await stream.next() else { return #expect(Bool(false), "expected the end") }
        stream.end(.stopping)
        guard case .end(.overflow) = await stream.next() else { return #expect(Bool(false), "expected the first end") }
    }

    @Test("Who waits is woken by an event, a heartbeat that is due, an end, and cancellation")
    func waking() async {
        let stream = EventStream(ada, bearer: "", ticket: nil, capacity: 2)
        async let first = stream.next()
        #expect(stream.tell([change(1)]))
        guard case .events = await first else { return #expect(Bool(false), "expected an event") }
        stream.beat(after: .seconds(60))
        async let second = stream.next()
        stream.beat(after: .zero)
        guard case .heartbeat = await second else { return #expect(Bool(false), "expected a heartbeat") }
        let waiting = Task { await stream.next() }
        waiting.cancel()
        guard case .end(.hungUp) = await waiting.value else { return #expect(Bool(false), "expected the end") }
    }

    @Test("Places are given back with the last reference")
    func places() throws {
        let places = Places(limit: 2, perCaller: 1)
        var first: Places.Place? = try places.take("a")
        #expect(throws: Places.Refusal.caller) { try places.take("a") }
        let second = try places.take("b")
        #expect(throws: Places.Refusal.all) { try places.take("c") }
        withExtendedLifetime(first) {}
        first = nil
        #expect(places.count == 1)
        first = try places.take("a")
        withExtendedLifetime((first, second)) { #expect(places.count == 2) }
    }

    @Test("A word of the path goes before an open part, whichever was declared first")
    func literalPaths() {
        let paths = ["/v1/tickets/{id}", "/v1/{a}/stream", "/v1/tickets/stream", "/v1/tickets/{id}/links/{other}"]
        for paths in [paths, paths.reversed()] {
            let table = RouteTable(paths.map { Endpoint(.get, $0, open: { _ in JSONBody.response(bytes: [], status: .ok) }) })
            for (target, path) in [
                ("/v1/tickets/stream?ticket=1", "/v1/tickets/stream"), ("/v1/tickets/streams", "/v1/tickets/{id}"), ("/v1/x/stream", "/v1/{a}/stream")
            ] {
                guard case .found(let index, _) = table.match(.get, target: target) else {
                    Issue.record("\(target) is not found")
                    continue
                }
                #expect(table.endpoints[index].path == path)
            }
            guard case .otherMethods("GET") = table.match(.head, target: "/v1/tickets/stream") else { return #expect(Bool(false), "expected 405") }
        }
    }

    @Test(
        "Accept chooses by closeness, then quality, then our own order",
        arguments: [
            ([], "a/x"), (["*/*"], "a/x"), (["b/y"], "b/y"), (["b/*"], "b/y"), (["a/x;q=0.2, b/y;q=0.9"], "b/y"), (["a/x;q=0, */*"], "b/y"),
            (["A/X ; Q=0.5", "b/*;q=0.4"], "a/x"), (["c/z"], nil), (["a/*;q=0"], nil), (["nonsense"], "a/x"), (["a/x;q=lots"], nil)
        ] as [([String], String?)])
    func accept(values: [String], best: String?) {
        #expect(MediaTypes.best(of: ["a/x", "b/y"], for: values) == best)
    }

    @Test(
        "A cell that a spreadsheet would reckon with becomes text",
        arguments: [
            ("=1+1", "\"'=1+1\""), ("+1", "\"'+1\""), ("-1", "\"'-1\""), ("@SUM(A1)", "\"'@SUM(A1)\""), ("\tx", "\"'\tx\""), ("\r=1", "\"'\r=1\""),
            ("\n=1", "\"'\n=1\""), ("\r\n=1", "\"'\r\n=1\""), ("  =1", "\"'  =1\""), ("\u{FEFF}=1", "\"'\u{FEFF}=1\""), ("＝1", "\"'＝1\""),
            ("a=1", "\"a=1\""),
            ("", "\"\""), ("say \"hi\", ok", "\"say \"\"hi\"\", ok\""), ("=\"x\"", "\"'=\"\"x\"\"\""), ("a\r\nb", "\"a\r\nb\"")
        ])
    func formulas(text: String, cell: String) {
        #expect(CSVText.cell(text) == cell)
    }
}
