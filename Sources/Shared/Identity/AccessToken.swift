import Access
public import Domain
public import Foundation
import Crypto

/// What an access token says: the claims of RFC 9068, and what an account may do, so that a submission can be taken while the database is away.
public struct AccessClaims: Codable, Sendable, Hashable {
    public var iss: String
    public var aud: String
    /// The account.
    public var sub: UUID
    /// The session, whose end ends the token wherever the database answers.
    public var sid: UUID
    public var jti: UUID
    /// Seconds since 1970.
    public var iat: Int
    public var nbf: Int
    public var exp: Int
    /// Permissions, separated by spaces.
    public var scope: String
    public var roles: [String]
    public var requester: String
    public var persona: Persona

    /// By hand for the ids alone, which are written as everywhere else in the API: in lower case.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        for (key, text) in [(CodingKeys.iss, iss), (.aud, aud), (.scope, scope), (.requester, requester)] { try container.encode(text, forKey: key) }
        for (key, id) in [(CodingKeys.sub, sub), (.sid, sid), (.jti, jti)] { try container.encode(id.canonical, forKey: key) }
        for (key, time) in [(CodingKeys.iat, iat), (.nbf, nbf), (.exp, exp)] { try container.encode(time, forKey: key) }
        try container.encode(roles, forKey: .roles)
        try container.encode(persona, forKey: .persona)
    }

    /// Who asks, as the token alone says it: unconfirmed.
    var principal: Principal {
        Principal(
            id: "account:" + sub.canonical, role: roles.joined(separator: ","),
            permissions: Set(scope.split(separator: " ").compactMap { Permission(rawValue: String($0)) }), requesterID: requester, persona: persona,
            signIn: SignIn(account: sub, session: sid), isConfirmed: false)
    }
}

/// JSON Web Tokens (RFC 7519) of exactly one kind: `at+jwt`, signed with ES256 (RFC 7518 section 3.4). What the header says chooses nothing but one
/// of our own keys.
enum AccessToken {
    static let algorithm = "ES256", type = "at+jwt"
    /// Longer ones are not looked at.
    static let longest = 4096

    struct Header: Codable {
        var alg: String
        var kid: String
        var typ: String
        /// Extensions that must be understood; we understand none.
        var crit: [String]?
    }

    static func sign(_ claims: AccessClaims, with key: SigningKey) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        let header = try encoder.encode(Header(alg: algorithm, kid: key.id, typ: type, crit: nil))
        let text = Base64URL.encode(header) + "." + Base64URL.encode(try encoder.encode(claims))
        return text + "." + Base64URL.encode(try key.privateKey.signature(for: Data(text.utf8)).rawRepresentation)
    }

    /// A token taken apart, with nothing believed yet.
    struct Parts {
        let header: Header
        let payload: [UInt8]
        let signed: Substring
        let signature: [UInt8]

        /// Nil for what is no token of our kind.
        init?(_ text: String) {
            guard text.utf8.count <= AccessToken.longest else { return nil }
            let parts = text.split(separator: ".", omittingEmptySubsequences: false)
            guard parts.count == 3, let head = Base64URL.decode(String(parts[0])), let payload = Base64URL.decode(String(parts[1])),
                let signature = Base64URL.decode(String(parts[2])), let header = try? JSONDecoder().decode(Header.self, from: Data(head)),
                header.alg == AccessToken.algorithm, header.typ == AccessToken.type, header.crit == nil
            else { return nil }
            self.header = header
            self.payload = payload
            self.signature = signature
            signed = text[..<parts[1].endIndex]
        }

        func isSigned(by key: SigningKey) -> Bool {
            guard let signature = try? P256.Signing.ECDSASignature(rawRepresentation: signature) else { return false }
            return key.publicKey.isValidSignature(signature, for: Data(signed.utf8))
        }
    }
}

/// A key in use.
struct SigningKey: Sendable {
    let id: String
    let privateKey: P256.Signing.PrivateKey
    let signsFrom: Date
    let signsUntil: Date
    let verifiesUntil: Date

    var publicKey: P256.Signing.PublicKey { privateKey.publicKey }

    /// The public half (RFC 7517).
    var jwk: JSONWebKey {
        let point = Array(publicKey.rawRepresentation)
        return JSONWebKey(
            kty: "EC", crv: "P-256", use: "sig", alg: AccessToken.algorithm, kid: id, x: Base64URL.encode(point[..<32]),
            y: Base64URL.encode(point[32...]))
    }
}

/// A public key for those who verify our tokens.
public struct JSONWebKey: Codable, Sendable, Hashable {
    public let kty: String, crv: String, use: String, alg: String, kid: String, x: String, y: String
}
