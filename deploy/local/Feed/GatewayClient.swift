import AsyncHTTPClient
import Domain
import Foundation
import NIOCore
import NIOHTTP1

/// Submits tickets through the gateway, again and again under one Idempotency-Key until it is answered.
struct GatewayClient: Sendable {
    enum Answer: Sendable, Hashable {
        case accepted(UUID)
        /// It will not take this one.
        case refused(status: Int, text: String)
        /// Not answered in time: it may or may not have been taken.
        case unknown(String)
    }

    let url: String
    let key: String
    /// For how long a submission is tried.
    var patience: Duration = .seconds(60)

    func submit(_ post: FeedPost) async -> Answer {
        let deadline = ContinuousClock.now + patience
        var pause: Duration = .milliseconds(100)
        var last = Answer.unknown("not tried")
        repeat {
            last = await tryOnce(post)
            switch last {
            case .accepted, .refused: return last
            case .unknown: break
            }
            do {
                try await Task.sleep(for: pause)
            } catch {
                return last
            }
            pause = min(pause * 2, .seconds(1))
        } while ContinuousClock.now < deadline
        return last
    }

    private struct Body: Decodable { let id: UUID }

    private func tryOnce(_ post: FeedPost) async -> Answer {
        var request = HTTPClientRequest(url: url + "/v1/tickets")
        request.method = .POST
        request.headers = ["Authorization": "Bearer \(key)", "Content-Type": "application/json", "Idempotency-Key": post.entry.id]
        request.body = .bytes(ByteBuffer(bytes: post.body))
        do {
            let response = try await HTTPClient.shared.execute(request, timeout: .seconds(12))
            let body = try await response.body.collect(upTo: 1 << 20)
            let status = Int(response.status.code)
            switch status {
            case 200..<300:
                guard let answer = try? JSONDecoder().decode(Body.self, from: Data(body.readableBytesView)) else {
                    return .refused(status: status, text: "an answer without an id: \(String(buffer: body).prefix(200))")
                }
                return .accepted(answer.id)
            case 408, 409, 425, 429, 500...: return .unknown("status \(status)")
            default: return .refused(status: status, text: String(String(buffer: body).prefix(300)))
            }
        } catch {
            return .unknown("\(error)")
        }
    }
}
