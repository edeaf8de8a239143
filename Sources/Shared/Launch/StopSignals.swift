@preconcurrency import Dispatch
#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// Where stops are watched: a queue of its own, so that it works even when every thread of the task pool is stuck.
enum StopQueue {
    static let queue = DispatchQueue(label: "helpdesk.stop", qos: .userInitiated)
}

/// SIGTERM and SIGINT, each delivery reported. The default action is back after `cancel`.
final class StopSignals {
    private let sources: [any DispatchSourceSignal]

    /// Returns once both are watched. Until then their default action ends the process, so that no signal is lost.
    init(_ received: @escaping @Sendable (_ isInterrupt: Bool) -> Void) async {
        let sources = [SIGTERM, SIGINT].map { number in
            let source = DispatchSource.makeSignalSource(signal: number, queue: StopQueue.queue)
            source.setEventHandler { received(number == SIGINT) }
            return source
        }
        self.sources = sources
        await withCheckedContinuation { (watched: CheckedContinuation<Void, Never>) in
            let registered = DispatchGroup()
            for source in sources {
                registered.enter()
                source.setRegistrationHandler { registered.leave() }
                source.resume()
            }
            registered.notify(queue: StopQueue.queue) { watched.resume() }
        }
        #if canImport(Darwin)
            // On Linux the source replaces the default action itself, and ignoring the signal would take it away again.
            for number in [SIGTERM, SIGINT] { signal(number, SIG_IGN) }
        #endif
    }

    func cancel() {
        for source in sources { source.cancel() }
        signal(SIGTERM, SIG_DFL)
        signal(SIGINT, SIG_DFL)
    }
}

extension Duration {
    /// For Dispatch's clocks, to the millisecond.
    var dispatchInterval: DispatchTimeInterval {
        .milliseconds(Int(components.seconds * 1000 + components.attoseconds / 1_000_000_000_000_000))
    }
}
