import Access
import Crypto
import Foundation
import HTTPTypes
import Hummingbird
import Identity
import Stores

/// An answer as it is kept under a request's key: its headers line by line, an empty line, the body.
struct KeptAnswer: Equatable {
    var headers: HTTPFields
    var body: [UInt8]

    init(headers: HTTPFields, body: [UInt8]) {
        self.headers = headers
        self.body = body
    }

    /// Reads what `bytes` writes; nil for anything else.
    init?(_ bytes: [UInt8]) {
        var rest = bytes[...]
        headers = [:]
        while let end = rest.firstIndex(of: UInt8(ascii: "\n")) {
            let line = rest[..<end]
            rest = rest[(end + 1)...]
            if line.isEmpty {
                body = Array(rest)
                return
            }
            guard let colon = line.firstIndex(of: UInt8(ascii: ":")), let name = HTTPField.Name(String(decoding: line[..<colon], as: UTF8.self))
            else {
                return nil
            }
            headers[name] = String(decoding: line[(colon + 1)...], as: UTF8.self)
        }
        return nil
    }

    var bytes: [UInt8] { Array(headers.map { "\($0.name.rawName):\($0.value)\n" }.joined().utf8) + [UInt8(ascii: "\n")] + body }
}

extension Exchange {
    /// The request's own key with what it stands for: the method, the path and the body. Nil without one.
    /// - Throws: `Problem` for a key that is none.
    func requestKey(_ principal: Principal, body: [UInt8] = []) throws(Problem) -> RequestKey? {
        guard let key = try idempotencyKey() else { return nil }
        var hash = SHA256()
        let path = (request.head.path ?? "").prefix { $0 != "?" }
        hash.update(data: Array("\(request.method.rawValue) \(path)\n".utf8))
        hash.update(data: body)
        return RequestKey(principal: principal.id, key: key, fingerprint: Array(hash.finalize()))
    }

    /// Does what the request asks, once for its key: sent again it is answered as before, but for what is shown once.
    /// - Parameters:
    ///   - kept: the answer without what is shown once.
    ///   - headers: of both answers.
    ///   - act: does it and answers. With a key, it and the kept answer commit together.
    /// - Throws: `RequestKeyRefusal`, what `act` throws.
    func once<Value: Sendable, Document: Encodable & SendableMetatype>(
        _ key: RequestKey?, status: HTTPResponse.Status = .ok, kept: @escaping @Sendable (Value) -> Document,
        headers: @escaping @Sendable (Value) -> HTTPFields = { _ in [:] }, act: (Keyed<Value>?) async throws -> (Value, Document)
    ) async throws -> Response {
        let keyed = key.map { Keyed($0) { KeptAnswer(headers: headers($0), body: JSONBody.encode(kept($0))).bytes } }
        do {
            let (value, document) = try await act(keyed)
            return JSONBody.response(document, status: status, headers: headers(value))
        } catch let repeated as RepeatedRequest {
            guard let answer = KeptAnswer(repeated.kept) else {
                throw Problem(.idempotencyConflict, "This Idempotency-Key was used for another request. Use a new key for a new request.")
            }
            return JSONBody.response(bytes: answer.body, status: status, headers: answer.headers)
        }
    }
}
