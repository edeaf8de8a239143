import Domain
import Stores
import WorkerRuntime

/// Files what the other stages measured, and adds it to the sums that dashboards read.
struct MetricsStage<Transaction: MetricsTransaction>: Stage {
    typealias Input = MetricRecorded

    let name = "metrics"
    /// Over how many rows one sum may be spread.
    let shards: Int

    @concurrent func decide(_ event: Event<MetricRecorded>) async throws -> [MetricFact] {
        event.payload.measurements.enumerated().map { ordinal, measurement in
            MetricFact(
                event: event.id, ordinal: ordinal, at: event.payload.at, ticket: event.ticket, name: measurement.name,
                value: measurement.value, labels: MetricLabels(detail: measurement.detail, event.payload.dimensions))
        }
    }

    func record(_ decisions: [Decided<MetricRecorded, [MetricFact]>], in transaction: Transaction) throws -> [Outcome] {
        let filed = try transaction.file(decisions.flatMap(\.decision))
        var fold = RollupFold()
        for decided in decisions where filed.contains(decided.event.id) {
            for fact in decided.decision { fold.add(fact) }
        }
        try transaction.add(fold.rollups, shards: shards)
        return decisions.map { filed.contains($0.event.id) ? .applied([]) : .ignored("its facts are filed already") }
    }
}
