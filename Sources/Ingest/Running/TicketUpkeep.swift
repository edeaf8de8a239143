import Foundation
import Logging
import Observability
import ServiceLifecycle
import Stores

/// What tickets need in the background: their words for the search, and no memory of keyed requests for ever. Any number of gateways may run it.
struct TicketUpkeep: Service, CustomStringConvertible {
    /// How long a keyed request is remembered.
    static let keyLife: TimeInterval = 7 * 86_400

    let search: TicketSearch
    let secrets: GatewaySecrets
    let interval: Duration
    let logger: Logger

    var description: String { "ticket upkeep" }

    func run() async throws {
        await cancelWhenGracefulShutdown { await keepUp() }
    }

    private func keepUp() async {
        var nextPruning = ContinuousClock.now
        while !Task.isCancelled {
            do {
                // At once while there is more.
                while !Task.isCancelled, try await search.index() > 0 {}
                if ContinuousClock.now >= nextPruning {
                    while !Task.isCancelled, try await secrets.pruneRequestKeys(before: Date(timeIntervalSinceNow: -Self.keyLife)) > 0 {}
                    nextPruning = .now + .seconds(3600)
                }
            } catch {
                if !Task.isCancelled { logger.info("tickets are not looked at for the search", [.error: "\(error)"]) }
            }
            try? await Task.sleep(for: interval)
        }
    }
}
