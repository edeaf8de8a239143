import Hummingbird
import HummingbirdTesting
import HTTPTypes
import Logging
import NIOCore
import ServiceLifecycle
import Testing

@testable import Observability

@Suite struct HealthTests {
    @Test func readyMeansThatEveryComponentIs() {
        let health = HealthState()
        #expect(health.report().isReady)
        let kafka = health.component("kafka"), postgres = health.component("postgres")
        #expect(!health.report().isReady)
        kafka.ready()
        postgres.ready()
        #expect(health.report().isReady)
        postgres.notReady("no_connection")
        #expect(!health.report().isReady)
        #expect(health.report().isAlive)
        _ = health.component("kafka")
        #expect(health.report().components.map(\.name) == ["kafka", "postgres"])
        #expect(health.report().components[0].readiness == .ready)
    }

    @Test func stoppingIsAliveButNotReady() {
        let health = HealthState()
        health.component("kafka").ready()
        health.stop()
        #expect(health.report().isAlive)
        #expect(!health.report().isReady)
    }

    @Test func aLoopThatStallsIsDeadUntilItTurnsAgain() {
        let health = HealthState()
        let beat = health.watch("poll", every: .seconds(10))
        let now = ContinuousClock.now
        #expect(health.report(at: now.advanced(by: .seconds(9))).isAlive)
        #expect(health.report(at: now.advanced(by: .seconds(11))).dead == "stalled: poll")
        beat.beat()
        #expect(health.report().isAlive)
        beat.end()
        #expect(health.report(at: now.advanced(by: .seconds(1000))).isAlive)
    }

    @Test func routesAnswerWithTheState() async throws {
        let health = HealthState(), metrics = MetricRegistry()
        let kafka = health.component("kafka")
        health.component("postgres").ready()
        metrics.counter("x_total", "X.").increment()
        let router = Router()
        addObservabilityRoutes(to: router, health: health, metrics: metrics)
        try await Application(router: router).test(.router) { client in
            try await client.execute(uri: "/readyz", method: .get) { response in
                #expect(response.status == .serviceUnavailable)
                #expect(
                    String(buffer: response.body)
                        == #"{"status":"not_ready","components":[{"name":"kafka","status":"not_ready","reason":"starting"},{"name":"postgres","status":"ready"}]}"#
                )
            }
            kafka.ready()
            try await client.execute(uri: "/readyz", method: .get) { response in
                #expect(response.status == .ok)
                #expect(response.headers[.contentType] == "application/json")
            }
            try await client.execute(uri: "/metrics", method: .get) { response in
                #expect(response.status == .ok)
                #expect(response.headers[.contentType] == "text/plain; version=0.0.4; charset=utf-8")
                #expect(String(buffer: response.body) == metrics.exposition())
            }
            try await client.execute(uri: "/healthz", method: .get) { #expect($0.status == .ok) }
            health.fail("beyond \"repair\"")
            try await client.execute(uri: "/healthz", method: .get) { response in
                #expect(response.status == .serviceUnavailable)
                #expect(String(buffer: response.body) == #"{"status":"dead","reason":"beyond \"repair\""}"#)
            }
            try await client.execute(uri: "/readyz", method: .get) { #expect($0.status == .serviceUnavailable) }
        }
    }

    @Test(.timeLimit(.minutes(1))) func serverReportsItsPortAndASecondOneThatItIsTaken() async throws {
        let (ports, found) = AsyncStream.makeStream(of: Int.self)
        let logger = Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() })
        let server = HealthServer(
            health: HealthState(), metrics: MetricRegistry(), port: 0, logger: logger, onBound: { found.yield($0) })
        let group = ServiceGroup(services: [server], logger: logger)
        async let running: Void = group.run()
        let port = try #require(await ports.first { _ in true })
        #expect((1...65535).contains(port))
        let second = HealthServer(health: HealthState(), metrics: MetricRegistry(), port: port, logger: logger)
        await #expect(throws: HealthServerError.self) { try await second.run() }
        await group.triggerGracefulShutdown()
        try await running
    }
}
