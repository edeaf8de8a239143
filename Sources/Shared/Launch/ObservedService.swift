import ServiceLifecycle

/// A service whose end is noted: returning before anybody asked for it is a failure of the whole process, returning
/// out of turn during a stop is not.
struct ObservedService: Service {
    let service: any Service
    let name: String
    let record: StopRecord
    let explain: @Sendable (any Error) -> ExitReason?
    /// Called when this service's end is what stops the process.
    let onEarlyEnd: @Sendable () -> Void

    /// Ends the group; the reason stands in the record.
    struct EndedEarly: Error {}

    func run() async throws {
        record.started(name)
        do {
            try await service.run()
        } catch {
            record.ended(name, cancelled: Task.isCancelled)
            // Cancelled from above, or the way in which many services end when they are told to stop.
            if !(Task.isCancelled || (record.isStopping && error is CancellationError)) {
                record.fail(reason(error))
                if record.request(.serviceEnded) { onEarlyEnd() }
                throw error
            }
            try? await gracefulShutdown()
            return
        }
        record.ended(name, cancelled: Task.isCancelled)
        if !Task.isCancelled, record.request(.serviceEnded) {
            record.fail(
                .internal(
                    "the service \(name) ended although nobody asked it to",
                    next: "See the log lines before this one, then start the process again."))
            onEarlyEnd()
            throw EndedEarly()
        }
        // Stopping, but it may not be this service's turn yet: wait for it, because to the group an end out of turn is a failure.
        try? await gracefulShutdown()
    }

    private func reason(_ error: any Error) -> ExitReason {
        if let explained = explain(error) { return explained }
        let reason = ExitReason(error)
        return reason.code == .internal && !(error is ExitReason)
            ? .internal("the service \(name) failed: \(error)") : reason
    }
}
