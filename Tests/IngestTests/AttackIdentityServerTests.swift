import Crypto
import Domain
import Foundation
import Identity
import Postgres
import Stores
import Testing

@testable import Ingest

/// What somebody sends who would like to be somebody else. Each has one right answer, and after each nothing has happened.
@Suite("Attacks on identities against servers", .serialized, .timeLimit(.minutes(5)))
struct AttackIdentityServerTests {
    @Test("A token that is not ours, not now or not for us opens nothing, and changes nothing")
    func tokens() async throws {
        try await RunningGateway.with { gateway in
            let eve = try await gateway.makePerson("eve", "agent"), ticket = try await gateway.store()
            let sid = try #require(Self.claim("sid", of: eve.token).flatMap(UUID.init))
            let session = try #require(try await Sessions(gateway.pool).grants(for: [sid]).values.first)
            func issued(at offset: TimeInterval = 0, _ change: (inout TokenKeys.Settings) -> Void = { _ in }) async throws -> String {
                var settings = TokenKeys.Settings()
                change(&settings)
                let keys = TokenKeys(SigningKeys(gateway.pool), settings: settings) { Date(timeIntervalSinceNow: offset) }
                try await keys.refresh()
                return try await keys.issue(for: session).token
            }
            // The forger's tools are good: what is refused below is refused for its reason.
            let honest = try await issued()
            #expect(try await gateway.get("/v1/me", key: honest).status == 200)
            let parts = eve.token.split(separator: ".").map(String.init), kid = try #require(Self.member("kid", ofPart: parts[0]))
            func signed(_ header: String, with key: P256.Signing.PrivateKey) throws -> String {
                let text = Base64URL.encode(Array(header.utf8)) + "." + parts[1]
                return text + "." + Base64URL.encode(Array(try key.signature(for: Data(text.utf8)).rawRepresentation))
            }
            let stranger = P256.Signing.PrivateKey()
            let header = #"{"alg":"ES256","kid":"\#(kid)","typ":"at+jwt"}"#
            let none = Base64URL.encode(Array(#"{"alg":"none","kid":"\#(kid)","typ":"at+jwt"}"#.utf8))
            let symmetric = Base64URL.encode(Array(#"{"alg":"HS256","kid":"\#(kid)","typ":"at+jwt"}"#.utf8))
            let mac = HMAC<SHA256>.authenticationCode(for: Data("\(symmetric).\(parts[1])".utf8), using: SymmetricKey(data: Data(kid.utf8)))
            let forged: [(String, String)] = [
                ("no algorithm, no signature", "\(none).\(parts[1])."), ("no algorithm, the old signature", "\(none).\(parts[1]).\(parts[2])"),
                ("a symmetric algorithm", "\(symmetric).\(parts[1]).\(Base64URL.encode(Array(mac)))"),
                ("another key", try signed(header, with: stranger)),
                ("another key of its own", try signed(#"{"alg":"ES256","kid":"mine","typ":"at+jwt"}"#, with: stranger)),
                ("a key that it brings along", try signed(#"{"alg":"ES256","jwk":{"kty":"EC"},"kid":"\#(kid)","typ":"at+jwt"}"#, with: stranger)),
                ("another issuer", try await issued { $0.issuer = "https://elsewhere" }),
                ("another audience", try await issued { $0.audience = "elsewhere" }),
                ("expired", try await issued { $0.lifetime = .seconds(-60) }), ("not yet valid", try await issued(at: 300)),
                ("another session's claims", "\(parts[0]).\(Base64URL.encode(Array(#"{"sub":"x"}"#.utf8))).\(parts[2])"),
                ("two parts", "\(parts[0]).\(parts[1])"), ("nothing", "..")
            ]
            let before = try await gateway.state(ticket.id)
            for (name, token) in forged {
                let answer = try await gateway.edit(ticket.id, "take", key: token)
                #expect(answer.status == 401 && answer.problem == "unauthenticated", "\(name)")
                #expect(answer.header("WWW-Authenticate")?.contains("invalid_token") == true, "\(name)")
                #expect(try await gateway.post("/v1/tickets", key: token, #"{"subject":"s","body":"b"}"#).status == 401, "\(name)")
            }
            #expect(try await gateway.state(ticket.id) == before)
            #expect(try await gateway.published().isEmpty)
        }
    }

    @Test("What looks like SQL is a text, in every field and filter, and what a body may not set is not set")
    func injection() async throws {
        try await RunningGateway.with { gateway in
            let agent = try await gateway.makeKey(.agent, requester: "eve"), ticket = try await gateway.store()
            let before = try await gateway.state(ticket.id)
            let sharp = ["' OR 1=1--", "'; DROP TABLE helpdesk.tickets; --", "$1", "\\'", "%", "_", "a' UNION SELECT * FROM helpdesk.accounts--"]
            for text in sharp {
                let encoded = try #require(text.addingPercentEncoding(withAllowedCharacters: .alphanumerics))
                for filter in ["category", "requester", "language", "assignee", "tag", "watcher", "q"] {
                    let answer = try await gateway.get("/v1/tickets?\(filter)=\(encoded)", key: agent)
                    #expect(answer.status == 200 && (answer.value("tickets") as? [Any])?.isEmpty == true, "\(filter)=\(text)")
                }
                for choice in ["state", "severity", "tier", "sort", "limit", "cursor", "open"] {
                    #expect(try await gateway.get("/v1/tickets?\(choice)=\(encoded)", key: agent).status == 400, "\(choice)=\(text)")
                }
                #expect(try await gateway.login(text.replacing("\\", with: ""), password: "wrong").problem == "invalid-credentials", "\(text)")
            }
            #expect(try await gateway.state(ticket.id) == before)
            for field in ["state", "tier", "severity", "category", "version", "needsHuman", "assignee", "submittedAt", "source", "ticketId", "cycle"]
            {
                let answer = try await gateway.post("/v1/tickets", key: agent, #"{"subject":"s","body":"b","\#(field)":1}"#)
                #expect(answer.status == 422 && answer[text: "errors.0.field"] == field, "\(field)")
            }
            let posed = try await gateway.post("/v1/tickets", key: agent, #"{"subject":"s","body":"b","requester":{"id":"ada","roles":["admin"]}}"#)
            #expect(posed.status == 422 && posed[text: "errors.0.field"] == "requester.roles")
            // A note that is misspelt is not shown to the requester.
            let note = try await gateway.post(
                "/v1/tickets/\(ticket.id)/messages", key: agent, #"{"body":"between us","visiblity":"internal"}"#)
            #expect(note.status == 422 && note[text: "errors.0.field"] == "visiblity")
            #expect(try await gateway.published().isEmpty)
            #expect(try await gateway.state(ticket.id) == before)
        }
    }

    /// The work of a password's derivation, which an unknown login must cost as well, is far above everything else that an answer takes: with it left out the
    /// ratio is 1 to 20 or more. Asked in turn, so that a busy machine slows both.
    @Test("An unknown login takes as long to refuse as a wrong password")
    func timing() async throws {
        try await RunningGateway.with({ $0.passwordCost = PasswordCost(logN: 14, r: 8, p: 1) }) { gateway in
            let hash = try await PasswordHasher(cost: PasswordCost(logN: 14, r: 8, p: 1)).hash(RunningGateway.password)
            try await Accounts(gateway.pool).create(
                Account(login: "ada", name: "ada", persona: .trainee, requesterID: "ada", roles: ["end_user"], hasPassword: true), password: hash,
                by: Origin(actor: "test")
            ) { _ in }
            var times: [String: [Duration]] = [:]
            for _ in 0..<25 {
                // Neither waits for the attempts before.
                try await gateway.pool.execute("DELETE FROM helpdesk.login_attempts")
                for login in ["ada", "nobody.here"] {
                    let started = ContinuousClock.now
                    #expect(try await gateway.login(login, password: "not the password").status == 401)
                    times[login, default: []].append(.now - started)
                }
            }
            let medians = times.mapValues { $0.sorted()[$0.count / 2] }
            let ratio = try #require(medians["ada"]) / (try #require(medians["nobody.here"]))
            #expect((0.5...2).contains(ratio), "known to unknown: \(ratio)")
        }
    }

    private static func member(_ name: String, ofPart part: String) -> String? {
        Base64URL.decode(part).flatMap { try? JSONSerialization.jsonObject(with: Data($0)) as? [String: Any] }?[name] as? String
    }

    private static func claim(_ name: String, of token: String) -> String? {
        token.split(separator: ".").dropFirst().first.flatMap { member(name, ofPart: String($0)) }
    }
}
