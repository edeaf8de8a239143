import Launch
import Observability
import ServiceLifecycle
import Testing

@Suite(.timeLimit(.minutes(1))) struct ServiceRunnerTests {
    struct Broken: Error, CustomStringConvertible { let description = "broken pipe" }

    /// Runs the services inside a group and stops it once `until` has happened.
    static func run(
        _ services: [any Service], stopAfter until: Set<String>, events: Events, health: HealthState? = nil,
        limits: ShutdownLimits = .standard
    ) async throws {
        let group = ServiceGroup(
            services: [Custom { try await runServices(services, logger: quiet, health: health, limits: limits) }], logger: quiet)
        async let running: Void = group.run()
        await events.wait(for: until)
        await group.triggerGracefulShutdown()
        try await running
    }

    @Test func servicesStopInReverseOrder() async throws {
        let events = Events(), health = HealthState()
        let services = ["a", "b", "c"].map { Steady(description: $0, events: events) }
        try await Self.run(services, stopAfter: ["a started", "b started", "c started"], events: events, health: health)
        #expect(events.all.suffix(3) == ["c stopped", "b stopped", "a stopped"])
        #expect(!health.report().isReady)
    }

    @Test func aServiceThatReturnsEarlyEndsTheRest() async throws {
        let events = Events()
        let first = Steady(description: "first", events: events)
        let short = Custom(description: "short") { await events.wait(for: ["first started"]) }
        let reason = try await #require(throws: ExitReason.self) {
            try await runServices([first, short], logger: quiet)
        }
        #expect(reason.code == .internal)
        #expect(reason.message == "the service short ended although nobody asked it to")
        #expect(events.all.last == "first stopped")
    }

    @Test func aServiceThatFailsEndsTheRestAndIsTheReason() async throws {
        let events = Events()
        let first = Steady(description: "first", events: events)
        func failure(_ error: any Error) async throws -> ExitReason {
            let health = HealthState()
            let reason = try await #require(throws: ExitReason.self) {
                try await runServices([first, Custom { throw error }], logger: quiet, health: health)
            }
            #expect(!health.report().isReady)
            return reason
        }
        #expect(try await failure(Broken()) == .internal("the service custom failed: broken pipe"))
        let unavailable = ExitReason.unavailable("no database", next: "Start it.")
        #expect(try await failure(unavailable) == unavailable)
        let explained = try await #require(throws: ExitReason.self) {
            try await runServices(
                [Custom { throw Broken() }], logger: quiet, explain: { $0 is Broken ? unavailable : nil })
        }
        #expect(explained == unavailable)
    }

    @Test func cancellationNobodyAskedForIsAFailure() async throws {
        let reason = try await #require(throws: ExitReason.self) {
            try await runServices([Custom { throw CancellationError() }], logger: quiet)
        }
        #expect(reason.code == .internal)
    }

    @Test func returningOutOfTurnDuringAStopIsClean() async throws {
        let events = Events()
        // The last service's stop makes the first one return before its turn.
        let hasty = Custom(description: "hasty") {
            events.add("hasty started")
            await events.wait(for: ["late stopped"])
            events.add("hasty stopped")
        }
        let middleStarted = Events()
        let middle = Custom(description: "middle") {
            middleStarted.add("started")
            try await gracefulShutdown()
        }
        let late = Steady(description: "late", events: events)
        let group = ServiceGroup(
            services: [Custom { try await runServices([hasty, middle, late], logger: quiet) }], logger: quiet)
        async let running: Void = group.run()
        await middleStarted.wait(for: ["started"])
        await group.triggerGracefulShutdown()
        try await running
        #expect(events.all.suffix(2) == ["late stopped", "hasty stopped"])
    }

    @Test func whatDoesNotStopInTimeIsCutOffAndThatIsAFailure() async throws {
        let events = Events()
        let slow = Custom(description: "slow") {
            events.add("slow started")
            // Deaf to the request, but not to cancellation.
            try await Task.sleep(for: .seconds(3600))
        }
        let reason = try await #require(throws: ExitReason.self) {
            try await Self.run(
                [slow], stopAfter: ["slow started"], events: events,
                limits: ShutdownLimits(graceful: .milliseconds(50), hard: .seconds(50)))
        }
        #expect(reason.code == .internal)
        #expect(reason.message.contains("cut off") && reason.message.contains("slow"))
    }

    @Test func failingDuringAStopIsAFailure() async throws {
        let events = Events()
        let sour = Custom(description: "sour") {
            events.add("sour started")
            try await gracefulShutdown()
            throw Broken()
        }
        let reason = try await #require(throws: ExitReason.self) {
            try await Self.run([sour], stopAfter: ["sour started"], events: events)
        }
        #expect(reason.message == "the service sour failed: broken pipe")
    }
}
