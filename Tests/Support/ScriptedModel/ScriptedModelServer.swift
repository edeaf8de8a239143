import Foundation
import HTTPTypes
import Hummingbird
import Logging
import NIOCore
import Synchronization

/// A model endpoint on loopback that speaks OpenAI's chat completions from a script and remembers what it was asked.
public final class ScriptedModelServer: Sendable {
    /// A request as it arrived.
    public struct Request: Sendable {
        public var path: String
        /// Names in small letters.
        public var headers: [String: String]
        public var body: [UInt8]
        /// The last message of the user; empty when there is none.
        public var userText: String
        /// 1, 2, ... in order of arrival.
        public var number: Int
    }

    private struct State {
        var requests: [Request] = []
        var count = 0
        /// How often each rule was played.
        var played: [Int]
    }

    private let script: ModelScript
    private let state: Mutex<State>

    init(_ script: ModelScript) {
        self.script = script
        state = Mutex(State(played: script.rules.map { _ in 0 }))
    }

    /// The last ones, at most 1,000.
    public var requests: [Request] { state.withLock { $0.requests } }
    public var requestCount: Int { state.withLock { $0.count } }

    /// Runs `body` against a server on loopback and stops it, requests in hand included, when `body` ends.
    /// - Parameters:
    ///   - port: 0 takes any free one.
    ///   - body: receives the server and its base address, which ends in `/v1`.
    public static func run<Result: Sendable>(
        _ script: ModelScript, port: Int = 0, _ body: @Sendable @escaping (ScriptedModelServer, String) async throws -> Result
    ) async throws -> Result {
        let server = ScriptedModelServer(script)
        let (ports, listening) = AsyncStream.makeStream(of: Int.self)
        let application = Application(
            responder: CallbackResponder { (request: Hummingbird.Request, _: BasicRequestContext) in try await server.respond(to: request) },
            configuration: ApplicationConfiguration(address: .hostname("127.0.0.1", port: port), serverName: nil),
            onServerRunning: { listening.yield($0.localAddress?.port ?? 0) },
            logger: Logger(label: "scripted-model") { _ in SwiftLogNoOpLogHandler() })
        return try await withThrowingTaskGroup(of: Result?.self) { group in
            group.addTask {
                // Ends by cancellation only; a server that cannot listen throws.
                try await application.run()
                return nil
            }
            group.addTask {
                for await port in ports { return try await body(server, "http://127.0.0.1:\(port)/v1") }
                return nil
            }
            defer { group.cancelAll() }
            while let result = try await group.next() {
                if let result { return result }
            }
            throw CancellationError()
        }
    }

    private func respond(to request: Hummingbird.Request) async throws -> Response {
        let buffer = try await request.body.collect(upTo: 8 << 20)
        let body = Array(buffer.readableBytesView)
        var headers: [String: String] = [:]
        for field in request.headers { headers[field.name.canonicalName] = field.value }
        let path = "\(request.uri)", userText = Self.userText(body), headersSeen = headers
        let (received, behaviour) = state.withLock { state in
            state.count += 1
            let received = Request(path: path, headers: headersSeen, body: body, userText: userText, number: state.count)
            state.requests.append(received)
            if state.requests.count > 1000 { state.requests.removeFirst() }
            return (received, next(for: received, &state))
        }
        guard let behaviour, request.method == .post, request.uri.path.hasSuffix("/chat/completions") else {
            return Response(status: .notFound)
        }
        return try await play(behaviour, to: received)
    }

    private func next(for request: Request, _ state: inout State) -> ModelScript.Behaviour? {
        for (number, rule) in script.rules.enumerated() where rule.text.isEmpty || request.userText.contains(rule.text) {
            let turn = min(state.played[number], rule.behaviours.count - 1)
            state.played[number] += 1
            return turn >= 0 ? rule.behaviours[turn] : nil
        }
        return nil
    }

    private func play(_ behaviour: ModelScript.Behaviour, to request: Request) async throws -> Response {
        switch behaviour {
        case .content(let content, let usage): return Self.completion(content: content, usage: usage)
        case .enrichment(let enrichment): return Self.completion(content: enrichment.json, usage: (100, 50))
        case .finished(let reason, let content): return Self.completion(content: content, reason: reason, usage: (100, 50))
        case .refusal: return Self.completion(content: nil, refusal: "no", usage: (100, 5))
        case .malformed: return Self.json("{\"choices\": [")
        case .huge(let bytes): return Self.json("{\"padding\": \"" + String(repeating: "x", count: bytes) + "\"}")
        case .status(let code, let headers):
            var response = Self.json("{}")
            response.status = HTTPResponse.Status(code: code)
            for (name, value) in headers { if let name = HTTPField.Name(name) { response.headers[name] = value } }
            return response
        case .cut:
            return Response(
                status: .ok, headers: [.contentType: "application/json"],
                body: ResponseBody(contentLength: 1000) { writer in
                    try await writer.write(ByteBuffer(string: "{\"choices\": ["))
                    throw CancellationError()
                })
        case .delayed(let delay, let then):
            try await Task.sleep(for: delay)
            return try await play(then, to: request)
        case .computed(let behaviour): return try await play(behaviour(request), to: request)
        }
    }
}

extension ScriptedModelServer {
    private static func userText(_ body: [UInt8]) -> String {
        struct Body: Decodable {
            struct Message: Decodable {
                var role: String
                var content: String
            }

            var messages: [Message]
        }
        let messages = (try? JSONDecoder().decode(Body.self, from: Data(body)))?.messages
        return messages?.last { $0.role == "user" }?.content ?? ""
    }

    private static func completion(
        content: String?, refusal: String? = nil, reason: String = "stop", usage: (input: Int, output: Int)?
    ) -> Response {
        struct Body: Encodable {
            struct Choice: Encodable {
                struct Message: Encodable {
                    var role = "assistant"
                    var content: String?
                    var refusal: String?
                }

                var index = 0
                var message: Message
                var finishReason: String

                enum CodingKeys: String, CodingKey {
                    case index, message
                    case finishReason = "finish_reason"
                }
            }

            var id = "scripted"
            var object = "chat.completion"
            var choices: [Choice]
            var usage: [String: Int]?
        }
        let body = Body(
            choices: [.init(message: .init(content: content, refusal: refusal), finishReason: reason)],
            usage: usage.map { ["prompt_tokens": $0.input, "completion_tokens": $0.output, "total_tokens": $0.input + $0.output] })
        // Texts and whole numbers: nothing can fail to encode.
        return json(String(decoding: (try? JSONEncoder().encode(body)) ?? Data(), as: UTF8.self))
    }

    private static func json(_ text: String) -> Response {
        Response(
            status: .ok, headers: [.contentType: "application/json"], body: ResponseBody(byteBuffer: ByteBuffer(string: text)))
    }
}
