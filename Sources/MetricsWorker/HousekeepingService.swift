import Foundation
import Logging
import Postgres
import ServiceLifecycle
import Stores

/// Keeps house from time to time. Every process runs it; the one that gets the lock works, and the others look again later.
struct HousekeepingService: Service {
    let pool: ConnectionPool
    let settings: HousekeepingRound.Settings
    let interval: Duration
    let logger: Logger

    func run() async throws {
        await cancelWhenGracefulShutdown {
            while !Task.isCancelled {
                let isDone = await round()
                // The database was away: its days of facts should not wait for the next round.
                try? await Task.sleep(for: isDone ? interval : min(interval, .seconds(10)))
            }
        }
    }

    /// - Returns: false when the database was away.
    private func round() async -> Bool {
        do {
            guard let housekeeping = try await Housekeeping.begin(pool) else { return true }
            let started = ContinuousClock.now
            let result = await HousekeepingRound(housekeeping: housekeeping, settings: settings, now: Date()).run()
            await housekeeping.end()
            guard !Task.isCancelled else { return true }
            if result != HousekeepingRound.Result() {
                logger.notice(
                    "house kept",
                    metadata: [
                        "daysAdded": "\(result.daysAdded.joined(separator: " "))", "daysDropped": "\(result.daysDropped.joined(separator: " "))",
                        "inboxRows": "\(result.inboxRows)", "strayFacts": "\(result.strayFacts)", "took": "\(started.duration(to: .now))"
                    ])
            }
            for problem in result.problems { logger.warning("housekeeping left something", metadata: ["problem": "\(problem)"]) }
            return result.problems.isEmpty
        } catch {
            logger.info("no housekeeping", metadata: ["error": "\(error)"])
            return false
        }
    }
}
