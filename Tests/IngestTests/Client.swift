import AsyncHTTPClient
import Foundation
import NIOCore
import NIOHTTP1
import Testing

/// An answer, read whole.
struct Answer {
    let status: Int
    let headers: HTTPHeaders
    let body: Data

    /// The body as JSON: an object, or empty when it is none.
    var json: [String: Any] { (try? JSONSerialization.jsonObject(with: body)) as? [String: Any] ?? [:] }

    subscript(text path: String) -> String? { value(path) as? String }
    subscript(int path: String) -> Int? { value(path) as? Int }

    /// What stands at a dotted path; numbers are places in lists.
    func value(_ path: String) -> Any? {
        path.split(separator: ".").reduce(json as Any?) { value, step in
            if let list = value as? [Any], let index = Int(step) { return index < list.count ? list[index] : nil }
            return (value as? [String: Any])?[String(step)]
        }
    }

    func header(_ name: String) -> String? { headers.first(name: name) }

    /// The last part of the problem's type; nil when the answer is no problem in the form of RFC 9457.
    var problem: String? {
        guard header("content-type") == "application/problem+json", self[int: "status"] == status, self[text: "title"] != nil,
            self[text: "detail"] != nil, self[text: "instance"] != nil, self[text: "requestId"] == header("x-request-id")
        else { return nil }
        return self[text: "type"]?.split(separator: ":").last.map(String.init)
    }
}

extension RunningGateway {
    /// Sends a request and reads its answer, which must be as the contract says.
    /// - Parameter headers: besides the key's and, with a body, the content type, which `Content-Type` here replaces.
    func send(
        _ method: HTTPMethod, _ path: String, key: String? = nil, headers: [(String, String)] = [], body: Data? = nil
    ) async throws -> Answer {
        var request = HTTPClientRequest(url: "http://127.0.0.1:\(port)\(path)")
        request.method = method
        if let key { request.headers.add(name: "Authorization", value: "Bearer \(key)") }
        for (name, value) in headers { request.headers.add(name: name, value: value) }
        if let body {
            if !request.headers.contains(name: "Content-Type") { request.headers.add(name: "Content-Type", value: "application/json") }
            request.body = .bytes(ByteBuffer(bytes: body))
        }
        let response = try await HTTPClient.shared.execute(request, timeout: .seconds(60))
        // A stream does not end by itself: that it begins is enough.
        let isStream = response.headers.first(name: "content-type") == "text/event-stream"
        let bytes = isStream ? try await response.body.first { _ in true } ?? ByteBuffer() : try await response.body.collect(upTo: 8 << 20)
        let answer = Answer(status: Int(response.status.code), headers: response.headers, body: Data(bytes.readableBytesView))
        for breach in contract.breaches(method.rawValue, path, answer) { Issue.record("contract: \(breach)") }
        return answer
    }

    func post(_ path: String, key: String?, headers: [(String, String)] = [], _ json: String) async throws -> Answer {
        try await send(.POST, path, key: key, headers: headers, body: Data(json.utf8))
    }

    /// Posts JSON in pieces, without saying how much there is.
    func stream(_ path: String, key: String, chunks: [String]) async throws -> Answer {
        var request = HTTPClientRequest(url: "http://127.0.0.1:\(port)\(path)")
        request.method = .POST
        request.headers = ["Authorization": "Bearer \(key)", "Content-Type": "application/json"]
        request.body = .stream(
            AsyncStream { input in
                for chunk in chunks { input.yield(ByteBuffer(string: chunk)) }
                input.finish()
            }, length: .unknown)
        let response = try await HTTPClient.shared.execute(request, timeout: .seconds(60))
        let bytes = try await response.body.collect(upTo: 8 << 20)
        return Answer(status: Int(response.status.code), headers: response.headers, body: Data(bytes.readableBytesView))
    }

    func get(_ path: String, key: String?) async throws -> Answer {
        try await send(.GET, path, key: key)
    }

    /// A metric without labels.
    func metric(_ name: String) async throws -> Double? {
        String(decoding: try await get("/metrics", key: nil).body, as: UTF8.self).split(separator: "\n")
            .first { $0.hasPrefix(name + " ") }.flatMap { Double($0.dropFirst(name.count + 1)) }
    }
}
