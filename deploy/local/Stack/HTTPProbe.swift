import AsyncHTTPClient
import NIOCore
import NIOHTTP1

/// Asks a process how it is.
package enum HTTPProbe {
    /// Whether `/readyz` answers 200.
    package static func isReady(_ base: String) async -> Bool {
        await status(base + "/readyz") == 200
    }

    package static func status(_ url: String) async -> UInt? {
        let response = try? await HTTPClient.shared.execute(HTTPClientRequest(url: url), timeout: .seconds(2))
        // Read to its end, so that the connection can be used again.
        _ = try? await response?.body.collect(upTo: 1 << 20)
        return response?.status.code
    }

    /// The body of a page, nil when it does not answer 200 in time.
    package static func text(_ url: String) async -> String? {
        guard let response = try? await HTTPClient.shared.execute(HTTPClientRequest(url: url), timeout: .seconds(3)), response.status == .ok,
            let body = try? await response.body.collect(upTo: 4 << 20)
        else { return nil }
        return String(buffer: body)
    }
}
