@preconcurrency import Dispatch
public import Logging
public import Observability
public import ServiceLifecycle
#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// Runs services until SIGTERM or SIGINT, then stops them in reverse order and returns.
///
/// A service that ends or fails before that stops the others in the same way, and its reason is thrown. What has not stopped within
/// the graceful limit is cancelled, which is a failure too; at the hard limit, or at a second signal if it is SIGINT, the process
/// ends at once.
/// - Parameters:
///   - services: In order of dependency: each may use those before it.
///   - health: Told at the first sign of a stop, so that no new work comes.
///   - explain: Names the reason of errors that this module cannot know (a broker's, a database's).
/// - Throws: ``ExitReason``.
public func runServices(
    _ services: [any Service], logger: Logger, health: HealthState? = nil, limits: ShutdownLimits = .standard,
    explain: @escaping @Sendable (any Error) -> ExitReason? = { _ in nil }
) async throws(ExitReason) {
    let record = StopRecord()
    // A closed pipe on standard error must not end the process.
    signal(SIGPIPE, SIG_IGN)

    let stopping: @Sendable (StaticString) -> Void = { cause in
        health?.stop()
        logger.notice("stopping", [.reason: "\(cause)"])
        StopQueue.queue.asyncAfter(deadline: .now() + limits.hard.dispatchInterval) {
            let stuck = record.running
            guard !stuck.isEmpty else { return }
            ExitReason.internal(
                "did not stop within \(limits.hard): \(stuck.joined(separator: ", "))", next: ShutdownLimits.advice
            ).exitAtOnce()
        }
    }
    let observed = names(of: services).enumerated().map { index, name in
        ServiceGroupConfiguration.ServiceConfiguration(
            service: ObservedService(service: services[index], name: name, record: record, explain: explain) {
                stopping("a service ended")
            },
            successTerminationBehavior: .gracefullyShutdownGroup, failureTerminationBehavior: .gracefullyShutdownGroup,
            serviceName: name)
    }
    var configuration = ServiceGroupConfiguration(services: observed, logger: logger)
    configuration.maximumGracefulShutdownDuration = limits.graceful
    let group = ServiceGroup(configuration: configuration)

    let signals = await StopSignals { isInterrupt in
        if record.request(.signal) {
            stopping(isInterrupt ? "SIGINT" : "SIGTERM")
            Task { await group.triggerGracefulShutdown() }
        } else if isInterrupt {
            ExitReason(.interrupted, "interrupted while stopping", next: ShutdownLimits.advice).exitAtOnce()
        }
    }
    defer { signals.cancel() }

    do {
        try await withGracefulShutdownHandler {
            try await withTaskCancellationHandler {
                try await group.run()
            } onCancel: {
                if record.request(.cancelled) { stopping("the surrounding task was cancelled") }
            }
        } onGracefulShutdown: {
            if record.request(.group) { stopping("the surrounding group stops") }
        }
    } catch {
        throw record.failure ?? ExitReason(error)
    }
    if let failure = record.failure { throw failure }
    let cutOff = record.cutOff
    guard cutOff.isEmpty else {
        throw .internal(
            "had to cut off what did not stop within \(limits.graceful): \(cutOff.joined(separator: ", "))",
            next: ShutdownLimits.advice)
    }
    logger.notice("stopped")
}

/// Each service's name as it describes itself; a name that repeats gets a number.
private func names(of services: [any Service]) -> [String] {
    var seen: [String: Int] = [:]
    return services.map { service in
        let name = (service as? any CustomStringConvertible)?.description ?? "\(type(of: service))"
        seen[name, default: 0] += 1
        return seen[name] == 1 ? name : "\(name) \(seen[name] ?? 1)"
    }
}
