import ArgumentParser
import Foundation
import Launch
import ServiceLifecycle
import Testing

/// Each test runs in a process of its own, because it sends signals and ends it. An alarm ends one that hangs.
@Suite(.timeLimit(.minutes(2))) struct ProcessEndTests {
    @Test func termAndInterruptEndCleanly() async {
        await #expect(processExitsWith: .exitCode(0)) {
            alarm(60)
            try await runServices(
                [
                    Custom {
                        kill(getpid(), SIGTERM); try await gracefulShutdown()
                    }
                ], logger: quiet)
            exit(0)
        }
        await #expect(processExitsWith: .exitCode(0)) {
            alarm(60)
            try await runServices(
                [
                    Custom {
                        kill(getpid(), SIGINT); try await gracefulShutdown()
                    }
                ], logger: quiet)
            exit(0)
        }
    }

    @Test func theHardLimitEndsAStuckProcess() async throws {
        let result = try await #require(processExitsWith: .exitCode(70), observing: [\.standardErrorContent]) {
            alarm(60)
            let limits = ShutdownLimits(graceful: .milliseconds(50), hard: .milliseconds(200))
            try await runServices([Deaf { kill(getpid(), SIGTERM) }], logger: quiet, limits: limits)
            exit(0)
        }
        #expect(String(decoding: result.standardErrorContent, as: UTF8.self).contains("did not stop within 0.2 seconds: deaf"))
    }

    @Test func theHardLimitHoldsWhenEveryThreadOfTheTaskPoolIsBlocked() async {
        await #expect(processExitsWith: .exitCode(70)) {
            alarm(60)
            let limits = ShutdownLimits(graceful: .milliseconds(50), hard: .milliseconds(300))
            let blocked = (0..<ProcessInfo.processInfo.activeProcessorCount + 1).map { _ in
                Custom(description: "blocked") {
                    kill(getpid(), SIGTERM)
                    while true { usleep(100_000) }
                }
            }
            try await runServices(blocked, logger: quiet, limits: limits)
            exit(0)
        }
    }

    @Test func aSecondInterruptEndsAtOnce() async {
        await #expect(processExitsWith: .exitCode(130)) {
            alarm(60)
            let limits = ShutdownLimits(graceful: .seconds(50), hard: .seconds(60))
            let impatient = Custom {
                kill(getpid(), SIGTERM)
                try? await gracefulShutdown()
                kill(getpid(), SIGINT)
                try await Task.sleep(for: .seconds(3600))
            }
            try await runServices([impatient], logger: quiet, limits: limits)
            exit(0)
        }
    }

    struct Tool: AsyncParsableCommand {
        static let configuration = CommandConfiguration(commandName: "tool", version: "1.2.3")
        @OptionGroup var options: CommonOptions
        @Option var end = ""

        func run() async throws {
            switch end {
            case "unavailable": throw ExitReason.unavailable("cannot reach Kafka at a:1", next: "Check KAFKA_BROKERS.")
            case "other": throw ServiceRunnerTests.Broken()
            default: _ = try options.load(keys: TestKeys.all, environment: TestKeys.needed)
            }
        }
    }

    @Test func aCommandThatReturnsEndsWithZero() async {
        await #expect(processExitsWith: .exitCode(0)) {
            await Tool.launch(keys: TestKeys.all, arguments: ["--http-port", "1"])
        }
        await #expect(processExitsWith: .exitCode(0)) {
            await Tool.launch(keys: TestKeys.all, arguments: ["--version"])
        }
    }

    @Test func mistakesInTheCommandLineEndWith64() async throws {
        let result = try await #require(processExitsWith: .exitCode(64), observing: [\.standardErrorContent]) {
            await Tool.launch(keys: TestKeys.all, arguments: ["--htpp-port", "1"])
        }
        #expect(String(decoding: result.standardErrorContent, as: UTF8.self).contains("Did you mean --http-port?"))
        await #expect(processExitsWith: .exitCode(64)) {
            await Tool.launch(keys: TestKeys.all, arguments: ["--end"])
        }
    }

    @Test func anErrorEndsWithItsReasonOnOneLine() async throws {
        let result = try await #require(processExitsWith: .exitCode(69), observing: [\.standardErrorContent]) {
            await Tool.launch(arguments: ["--end", "unavailable"])
        }
        let text = String(decoding: result.standardErrorContent, as: UTF8.self)
        #expect(text.hasSuffix(": cannot reach Kafka at a:1. Check KAFKA_BROKERS.\n"))
        #expect(text.split(separator: "\n").count == 1)
        await #expect(processExitsWith: .exitCode(70)) {
            await Tool.launch(arguments: ["--end", "other"])
        }
        await #expect(processExitsWith: .exitCode(69)) {
            await Tool.launch(arguments: ["--end", "other"]) { _ in .unavailable("x", next: "y.") }
        }
    }
}
