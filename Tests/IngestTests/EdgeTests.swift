import Foundation
import HTTPTypes
import Testing

@testable import Ingest

@Suite("Token buckets")
struct RateLimiterTests {
    let start = ContinuousClock.now

    @Test("A quota is a burst, and then an even flow")
    func flow() {
        let limiter = RateLimiter<String>("key", Quota(requests: 5, window: .seconds(10)))
        for left in (0..<5).reversed() {
            let verdict = limiter.take("a", now: start)
            #expect(verdict.isAllowed && verdict.remaining == left && verdict.reset == 2 * (5 - left) && verdict.retryAfter == 0)
        }
        let refused = limiter.take("a", now: start)
        #expect(refused == .init(isAllowed: false, remaining: 0, reset: 10, retryAfter: 2))
        #expect(!limiter.take("a", now: start + .milliseconds(1999)).isAllowed, "refusals cost nothing, and gain nothing")
        #expect(limiter.take("a", now: start + .seconds(2)).isAllowed)
        #expect(!limiter.take("a", now: start + .seconds(2)).isAllowed)
        #expect(limiter.take("b", now: start).remaining == 4, "another's bucket is another")
        #expect(limiter.take("a", now: start + .seconds(60)).remaining == 4, "a bucket never holds more than the quota")
    }

    @Test("Over any stretch of time no more pass than the quota and what refilled, whatever the pattern", arguments: 1...20)
    func invariant(seed: UInt64) {
        var state = seed
        func random() -> UInt64 {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return state >> 33
        }
        let quota = Quota(requests: 20, window: .seconds(4))
        let limiter = RateLimiter<Int>("key", quota)
        var time = start, passed: [ContinuousClock.Instant] = []
        for _ in 0..<2000 {
            if random() % 3 == 0 { time += .milliseconds(Int(random() % 400)) }
            if limiter.take(0, now: time).isAllowed { passed.append(time) }
        }
        for (index, from) in passed.enumerated() {
            for (count, to) in passed[index...].enumerated() {
                let most = 20 + Int((to - from) / (quota.window / 20))
                #expect(count + 1 <= most)
            }
        }
    }

    @Test("However many addresses come, memory stays bounded, and those who were there keep their own buckets")
    func bounded() {
        let limiter = RateLimiter<Int>("address", Quota(requests: 10, window: .seconds(10)), capacity: 1000, shards: 4)
        for known in 0..<100 { _ = limiter.take(known, now: start) }
        var passed = 0
        for stranger in 1000..<200_000 where limiter.take(stranger, now: start + .milliseconds(1)).isAllowed { passed += 1 }
        #expect(limiter.count <= 1000)
        // A token each for those that found room, and what the four shared buckets hold.
        #expect(passed <= 1000 + 4 * 10)
        for known in 0..<100 { #expect(limiter.take(known, now: start + .milliseconds(2)).remaining == 8, "known before the flood") }
        // When the flood is over, its buckets fill up and go.
        for later in 0..<8 { #expect(limiter.take(1_000_000 + later, now: start + .seconds(30)).isAllowed) }
        #expect(limiter.count < 1000)
    }

    @Test(arguments: [("300/10s", 300, 10), ("1/1m", 1, 60), ("20000/1s", 20000, 1)])
    func quotas(text: String, requests: Int, seconds: Int) throws {
        let quota = try #require(Quota(text))
        #expect(quota.requests == requests && quota.seconds == seconds && quota.description == text)
    }

    @Test(arguments: ["", "300", "0/10s", "-1/10s", "5/10", "5/0s", "5/2d", "a/1s", "5/1s/2"])
    func noQuotas(text: String) { #expect(Quota(text) == nil) }
}

@Suite("Addresses and proxies")
struct ClientAddressTests {
    @Test(arguments: [
        ("127.0.0.1", "127.0.0.1", "127.0.0.1"), ("::ffff:10.1.2.3", "10.1.2.3", "10.1.2.3"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2:3:4:5:6", "2001:db8:1:2:0:0:0:0"), ("[::1]", "0:0:0:0:0:0:0:1", "0:0:0:0:0:0:0:0")
    ])
    func reading(text: String, shown: String, client: String) throws {
        let address = try #require(ClientAddress(text))
        #expect(address.description == shown && address.client.description == client)
    }

    @Test(arguments: ["", "localhost", "1.2.3", "1.2.3.4.5", "1.2.3.256", "1.2.3.4:80", "::g", "[::1", " 1.2.3.4", "1.2.3.4\u{0}"])
    func nonsense(text: String) { #expect(ClientAddress(text) == nil) }

    @Test(arguments: [
        ("10.0.0.0/8", "10.255.1.2", true), ("10.0.0.0/8", "11.0.0.0", false), ("192.0.2.7", "192.0.2.7", true), ("192.0.2.7", "192.0.2.8", false),
        ("2001:db8::/32", "2001:db8:ffff::1", true), ("2001:db8::/32", "2001:db9::1", false), ("0.0.0.0/0", "8.8.8.8", true),
        ("0.0.0.0/0", "::1", false), ("::/0", "::1", true), ("10.0.0.0/8", "::ffff:10.9.9.9", true)
    ])
    func ranges(range: String, address: String, isIn: Bool) throws {
        let range = try #require(AddressRange(range))
        #expect(range.contains(try #require(ClientAddress(address))) == isIn)
    }

    @Test(arguments: ["10.0.0.1/8", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/", "/8", "::1/129", "10.0.0.0/8/8", "a/8"])
    func noRanges(text: String) { #expect(AddressRange(text) == nil) }

    private func client(_ header: TrustedProxies.Header, _ values: [String], peer: String = "10.0.0.1", trusted: [String] = ["10.0.0.0/8"]) -> String?
    {
        var fields = HTTPFields()
        for value in values { fields.append(HTTPField(name: header == .forwarded ? .forwarded : .xForwardedFor, value: value)) }
        guard let peer = ClientAddress(peer) else { return nil }
        return TrustedProxies(ranges: trusted.compactMap { AddressRange($0) }, header: header).client(peer: peer, fields).description
    }

    @Test("Only trusted proxies are believed, and only as far as the trust goes")
    func chains() {
        #expect(client(.xForwardedFor, ["1.2.3.4"], trusted: []) == "10.0.0.1")
        #expect(client(.xForwardedFor, ["1.2.3.4"], peer: "9.9.9.9") == "9.9.9.9")
        #expect(client(.xForwardedFor, ["1.2.3.4"]) == "1.2.3.4")
        #expect(client(.xForwardedFor, []) == "10.0.0.1")
        #expect(
            client(.xForwardedFor, ["6.6.6.6, 1.2.3.4, 10.0.0.2"]) == "1.2.3.4", "what the client wrote itself stands before the first trusted hop")
        #expect(client(.xForwardedFor, ["6.6.6.6", "1.2.3.4", "10.0.0.2"]) == "1.2.3.4", "several fields are one list")
        #expect(client(.xForwardedFor, ["6.6.6.6, nonsense, 10.0.0.2"]) == "10.0.0.2", "what cannot be read ends the way")
        #expect(client(.xForwardedFor, ["1.2.3.4:5678"]) == "1.2.3.4" && client(.xForwardedFor, ["[2001:db8::1]:443"]) == "2001:db8:0:0:0:0:0:1")
        #expect(client(.forwarded, ["for=1.2.3.4;proto=https, for=\"[2001:db8::1]:443\""]) == "2001:db8:0:0:0:0:0:1")
        #expect(client(.forwarded, ["proto=http;For=1.2.3.4"]) == "1.2.3.4")
        #expect(client(.forwarded, ["for=_hidden"]) == "10.0.0.1" && client(.forwarded, ["for=unknown"]) == "10.0.0.1")
    }

    @Test(arguments: [
        ("https://desk.example.org", true), ("http://localhost:3000", true), ("https://[::1]:8443", true), ("https://desk.example.org/", false),
        ("https://Desk.example.org", false), ("desk.example.org", false), ("*", false), ("null", false), ("https://a:443", false), ("ftp://a", false),
        ("https://a b", false), ("", false)
    ])
    func origins(text: String, isOrigin: Bool) { #expect(Origins.isOrigin(text) == isOrigin) }
}
