import Domain
import Foundation
package import Logging

/// The API key that a stack submits its samples with. Made at every start, hence revoked at every end, and short-lived for the start whose end
/// was a kill.
package struct FeedKey: Sendable {
    package let id: String
    package let secret: String

    /// - Parameter ingest: the gateway's executable with its environment.
    package static func make(with ingest: Program) async throws -> FeedKey {
        var step = ingest
        step.arguments = ["create-key", "--name", "sample-feed", "--role", "agent", "--requester", "sample-feed", "--expires", "30d"]
        let output = try await step.mustSucceed()
        let words = output.split(whereSeparator: \.isWhitespace)
        guard let secret = words.last(where: { $0.hasPrefix("hdk_") }), let id = words.lazy.compactMap({ UUID(uuidString: String($0)) }).first else {
            throw LocalError("no_key", "`ingest create-key` printed no key", next: "Run it by hand to see what it says.")
        }
        return FeedKey(id: id.canonical, secret: String(secret))
    }

    package func revoke(with ingest: Program, _ logger: Logger) async {
        var step = ingest
        step.arguments = ["revoke-key", "--id", id]
        do {
            // On its own task: it is part of the farewell, which a cancelled task says too.
            let revoking = step
            try await Task { _ = try await revoking.mustSucceed(within: .seconds(10)) }.value
        } catch {
            logger.error("the key of the sample feed was not revoked and expires in 30 days", metadata: ["error": "\(error)"])
        }
    }
}
