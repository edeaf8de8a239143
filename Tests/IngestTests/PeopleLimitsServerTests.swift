import Domain
import Foundation
import Identity
import Launch
import NIOHTTP1
import Postgres
import Stores
import Testing

@testable import Ingest

@Suite("What slows people down over HTTP (PostgreSQL, Kafka)", .serialized, .timeLimit(.minutes(5)))
struct PeopleLimitsServerTests {
    @Test("An account has its own quota, whichever of its sessions asks")
    func accountQuota() async throws {
        try await RunningGateway.with({ $0.limits.account = Quota(requests: 3, window: .seconds(60)) }) { gateway in
            let ada = try await gateway.makePerson("ada", "end_user"), bob = try await gateway.makePerson("bob", "end_user")
            let other = try #require(try await gateway.login("ada")[text: "accessToken"])
            for (left, token) in [(2, ada.token), (1, other), (0, ada.token)] {
                let answer = try await gateway.get("/v1/tickets", key: token)
                #expect(answer.status == 200 && answer.header("RateLimit-Policy") == #""account";q=3;w=60"#)
                #expect(answer.header("RateLimit")?.hasPrefix(#""account";r=\#(left);t="#) == true)
            }
            for token in [ada.token, other] {
                let refused = try await gateway.post("/v1/tickets", key: token, #"{"subject":"s","body":"b"}"#)
                #expect(refused.status == 429 && refused.problem == "rate-limited")
                #expect((1...20).contains(Int(refused.header("Retry-After") ?? "") ?? 0))
            }
            #expect(try await gateway.published().isEmpty, "what was refused was not done")
            #expect(try await gateway.get("/v1/tickets", key: bob.token).status == 200, "another account has its own")
            #expect(try await gateway.get("/v1/tickets", key: gateway.makeKey(.endUser, requester: "ada")).status == 200, "a key has its own")
        }
    }

    @Test("Attempts from one place are counted whatever the logins; of IPv6 the place is the network that one customer holds")
    func addressLockOut() async throws {
        let loopback = try #require(AddressRange("127.0.0.0/8"))
        try await RunningGateway.with({
            $0.signIn.addressThreshold = 4
            $0.proxies = TrustedProxies(ranges: [loopback])
        }) { gateway in
            _ = try await gateway.makeAccount("ada", roles: ["end_user"])
            func attempt(_ address: String, _ login: String, _ password: String = "not the password") async throws -> Answer {
                try await gateway.post(
                    "/v1/auth/login", key: nil, headers: [("X-Forwarded-For", address)], #"{"login":"\#(login)","password":"\#(password)"}"#)
            }
            for (network, neighbour) in [("2001:db8:0:1", "2001:db8:0:2"), ("2001:db8:0:3", "2001:db8:0:4")] {
                for number in 1...4 {
                    #expect(try await attempt("\(network)::\(number)", "nobody.\(network.last!)\(number)").problem == "invalid-credentials")
                }
                // The wait after the fourth is a second: the lock is made longer, so that the clock decides nothing.
                try await gateway.pool.execute(
                    "UPDATE helpdesk.login_attempts SET locked_until = clock_timestamp() + interval '100 s' WHERE locked_until > 'epoch'")
                let locked = try await attempt("\(network):ffff::9", "ada", RunningGateway.password)
                #expect(
                    locked.status == 429 && locked.problem == "too-many-attempts" && (90...100).contains(Int(locked.header("Retry-After") ?? "") ?? 0)
                )
                #expect(try await attempt("\(neighbour)::1", "ada", RunningGateway.password).status == 200, "another network is another place")
            }
            let addresses = try await AuditLog(gateway.pool).page(.init(action: .signInRefused), limit: 100).map(\.origin.address)
            #expect(addresses.contains("2001:db8:0:1:0:0:0:1") && addresses.contains("2001:db8:0:3:0:0:0:4"), "the log has the whole address")
            for number in 1...4 { _ = try await attempt("192.0.2.\(number)", "someone.\(number)") }
            #expect(try await attempt("192.0.2.5", "ada", RunningGateway.password).status == 200, "of IPv4 each address is a place")
        }
    }

    @Test("What was revoked must be in force within five seconds: keys are confirmed at least every three")
    func refreshInterval() throws {
        func load(_ text: String) throws -> Duration {
            try LaunchConfiguration.load(environment: ["HELPDESK_KEYS_REFRESH": text], keys: [IngestKeys.keyRefresh])[IngestKeys.keyRefresh]
        }
        #expect(try load("3s") == .seconds(3))
        for text in ["3001ms", "5s", "300s"] { #expect(throws: ConfigurationError.self) { try load(text) } }
    }

    @Test("A page that is let in may read when to come again, also when its address asked too often")
    func pagesAndQuotas() async throws {
        try await RunningGateway.with({
            $0.origins = ["https://desk.example.org"]
            $0.limits.address = Quota(requests: 3, window: .seconds(60))
        }) { gateway in
            let mine = ("Origin", "https://desk.example.org"), foreign = ("Origin", "https://evil.example.net")
            for headers in [[mine], [foreign], [foreign]] { _ = try await gateway.send(.POST, "/v1/tickets", headers: headers) }
            let refused = try await gateway.send(.POST, "/v1/tickets", headers: [mine])
            #expect(refused.status == 429, "what another site's page sends is counted too")
            #expect(refused.header("Access-Control-Allow-Origin") == mine.1 && refused.header("Vary") == "Origin")
            #expect(refused.header("Retry-After") != nil && refused.header("Access-Control-Expose-Headers")?.contains("Retry-After") == true)
            let other = try await gateway.send(.POST, "/v1/tickets", headers: [foreign])
            #expect(other.status == 429 && other.header("Access-Control-Allow-Origin") == nil)
        }
    }
}
