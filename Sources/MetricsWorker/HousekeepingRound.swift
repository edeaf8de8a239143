import Foundation
import Logging
import Stores

/// One round of housekeeping: days of facts are made before they are needed, and what is older than its retention goes.
struct HousekeepingRound {
    struct Settings: Sendable {
        var inboxRetention: Duration
        var factsRetention: Duration
        /// Days ahead of now that have a partition.
        var daysAhead = 3
        /// Days back: events may be late by as much as event time allows.
        var daysBack = 8
        /// Rows that one statement deletes at most.
        var step = 5000
        /// Statements that delete in one round, so that it ends.
        var steps = 400

        init(inboxRetention: Duration, factsRetention: Duration) {
            self.inboxRetention = inboxRetention
            self.factsRetention = factsRetention
        }
    }

    struct Result: Sendable, Hashable {
        var daysAdded: [String] = []
        var daysDropped: [String] = []
        var inboxRows = 0
        var strayFacts = 0
        /// What could not be done now and is tried again next time.
        var problems: [String] = []
    }

    private static let day: TimeInterval = 86_400

    let housekeeping: Housekeeping
    let settings: Settings
    let now: Date

    /// One part that fails does not keep the others from their work.
    func run() async -> Result {
        var result = Result()
        await attempt("days of facts", &result) { result in try await addDays(&result) }
        await attempt("facts past their retention", &result) { result in try await dropFacts(&result) }
        await attempt("inbox past its retention", &result) { result in
            let limit = now.addingTimeInterval(-settings.inboxRetention.seconds)
            result.inboxRows = try await inSteps { try await housekeeping.pruneInbox(before: limit, limit: $0) }
        }
        return result
    }

    private func addDays(_ result: inout Result) async throws {
        let today = RFC3339Day.start(of: now)
        var known = Set(try await housekeeping.days())
        var wanted = (-settings.daysBack...settings.daysAhead).map { today.addingTimeInterval(Double($0) * Self.day) }
        // Facts of a day that nobody expected: it gets its partition if it is one that facts are kept for.
        wanted += try await housekeeping.strayDays(from: oldestDay, to: today.addingTimeInterval(Double(settings.daysAhead + 1) * Self.day))
        for day in wanted where day >= oldestDay && known.insert(day).inserted {
            try await housekeeping.addDay(day)
            result.daysAdded.append(RFC3339Day.text(day))
        }
    }

    private func dropFacts(_ result: inout Result) async throws {
        for day in try await housekeeping.days() where day < oldestDay {
            try await housekeeping.dropDay(day)
            result.daysDropped.append(RFC3339Day.text(day))
        }
        let limit = now.addingTimeInterval(-settings.factsRetention.seconds)
        result.strayFacts = try await inSteps { try await housekeeping.pruneStrays(before: limit, limit: $0) }
    }

    /// The first day whose facts are kept.
    private var oldestDay: Date { Self.oldestDay(now: now, retention: settings.factsRetention) }

    static func oldestDay(now: Date, retention: Duration) -> Date { RFC3339Day.start(of: now.addingTimeInterval(-retention.seconds)) }

    private func inSteps(_ delete: (Int) async throws -> Int) async throws -> Int {
        var total = 0
        for _ in 0..<settings.steps {
            let deleted = try await delete(settings.step)
            total += deleted
            if deleted < settings.step || Task.isCancelled { break }
        }
        return total
    }

    private func attempt(_ what: String, _ result: inout Result, _ body: (inout Result) async throws -> Void) async {
        do {
            try await body(&result)
        } catch {
            result.problems.append("\(what): \(error)")
        }
    }
}

extension Duration {
    var seconds: TimeInterval { Double(components.seconds) + Double(components.attoseconds) / 1e18 }
}
