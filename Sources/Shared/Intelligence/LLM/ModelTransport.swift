public import AsyncHTTPClient
import Foundation
import NIOCore
import NIOHTTP1
import NIOPosix

/// One exchange with the endpoint: bounded in time and bytes, every failure typed.
struct ModelTransport: Sendable {
    let client: HTTPClient
    let endpoint: String
    let settings: ModelSettings

    enum Outcome: Sendable {
        case answered([UInt8])
        case failed(ModelError, isBilled: Bool)
    }

    func post(_ body: [UInt8]) async -> Outcome {
        await withTaskGroup(of: Outcome?.self) { group in
            group.addTask { await exchange(body) }
            // The client's own deadline ends with the response's head; this one covers the body too.
            group.addTask {
                try? await Task.sleep(for: settings.timeout)
                return Task.isCancelled ? nil : .failed(.transient(.timeout, retryAfter: nil), isBilled: true)
            }
            var outcome: Outcome?
            for await next in group {
                guard let next else { continue }
                outcome = next
                break
            }
            group.cancelAll()
            // A cancelled read may look like a short body or a lost connection.
            if Task.isCancelled { return .failed(.cancelled, isBilled: true) }
            return outcome ?? .failed(.cancelled, isBilled: true)
        }
    }

    private func exchange(_ body: [UInt8]) async -> Outcome {
        var request = HTTPClientRequest(url: endpoint)
        request.method = .POST
        request.headers.add(name: "Content-Type", value: "application/json")
        request.headers.add(name: "Accept", value: "application/json")
        switch (settings.apiKey, settings.keyHeader) {
        case (let key?, .bearer): request.headers.add(name: "Authorization", value: "Bearer \(key.value)")
        case (let key?, .apiKey): request.headers.add(name: "api-key", value: key.value)
        case (nil, _): break
        }
        request.body = .bytes(ByteBuffer(bytes: body))
        do {
            let response = try await client.execute(request, timeout: .seconds(max(1, settings.timeout.components.seconds + 1)))
            if let error = Self.error(response) { return .failed(error, isBilled: false) }
            let received = try await response.body.collect(upTo: settings.maximumResponseBytes)
            return .answered(Array(received.readableBytesView))
        } catch is NIOTooManyBytesError {
            let limit = "at most \(settings.maximumResponseBytes) bytes"
            return .failed(.invalidAnswer(field: "response", expected: limit, found: "more"), isBilled: true)
        } catch let error as HTTPClientError where Self.isTimeout(error) {
            return .failed(.transient(.timeout, retryAfter: nil), isBilled: error != .connectTimeout)
        } catch is NIOConnectionError {
            return .failed(.transient(.unreachable, retryAfter: nil), isBilled: false)
        } catch {
            return .failed(.transient(.interrupted, retryAfter: nil), isBilled: true)
        }
    }

    private static func isTimeout(_ error: HTTPClientError) -> Bool {
        [.connectTimeout, .readTimeout, .deadlineExceeded, .getConnectionFromPoolTimeout].contains(error)
    }

    private static func error(_ response: HTTPClientResponse) -> ModelError? {
        let retryAfter = RetryDelay.read(response.headers.first(name: "retry-after"), now: Date())
        switch Int(response.status.code) {
        case 200...299: return nil
        case 300...399: return .refused(.redirected)
        case 401, 403: return .refused(.unauthorized)
        case 404: return .refused(.notFound)
        case 408: return .transient(.timeout, retryAfter: retryAfter)
        case 429: return .transient(.rateLimited, retryAfter: retryAfter)
        case 400...499: return .refused(.badRequest)
        default: return .transient(.serverError, retryAfter: retryAfter)
        }
    }
}

extension HTTPClient {
    /// A client for model endpoints: follows no redirects and unpacks nothing. Whoever makes it shuts it down.
    public static func forModels() -> HTTPClient {
        var configuration = HTTPClient.Configuration(redirectConfiguration: .disallow)
        configuration.timeout.connect = .seconds(5)
        return HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
    }
}
