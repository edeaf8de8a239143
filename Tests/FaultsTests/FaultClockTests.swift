import Foundation
import Testing

@Suite("A wall clock can be wrong for one process; compiles two C files with the toolchain's clang", .timeLimit(.minutes(2)))
struct FaultClockTests {
    /// Tells the time, then waits for half a second as C11 threads do, until an instant of the wall clock, and tells how that ended.
    private static let waiter = """
        #include <stdio.h>
        #include <threads.h>
        #include <time.h>
        int main(void) {
            mtx_t mutex; cnd_t condition; struct timespec until;
            mtx_init(&mutex, mtx_plain); cnd_init(&condition); mtx_lock(&mutex);
            timespec_get(&until, TIME_UTC);
            printf("%lld ", (long long)until.tv_sec);
            if ((until.tv_nsec += 500000000) >= 1000000000) { until.tv_sec++; until.tv_nsec -= 1000000000; }
            puts(cnd_timedwait(&condition, &mutex, &until) == thrd_timedout ? "timed out" : "failed");
        }
        """

    private func run(_ command: [String], _ environment: [String: String] = [:]) throws -> (text: String, status: Int32) {
        let process = Process(), pipe = Pipe()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = command
        process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
        process.standardOutput = pipe
        try process.run()
        let text = String(decoding: pipe.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        return (text, process.terminationStatus)
    }

    @Test func whoWaitsForAnInstantOfTheWrongClockWaitsNoLonger() throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("fault-clock-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        func path(_ name: String) -> String { folder.appendingPathComponent(name).path }
        let source = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .appendingPathComponent("Support/FaultClock/clock.c").path
        try Self.waiter.write(toFile: path("waiter.c"), atomically: true, encoding: .utf8)
        try #require(try run(["clang", "-shared", "-fPIC", "-o", path("clock.so"), source, "-ldl"]).status == 0, "clang comes with Swift's toolchain")
        try #require(try run(["clang", "-o", path("waiter"), path("waiter.c"), "-lpthread"]).status == 0)
        for ahead in [0, 3600, -3600, 86_400] {
            try withUnsafeBytes(of: Int64(ahead)) { Data($0) }.write(to: URL(fileURLWithPath: path("clock")))
            let began = Date()
            let (text, status) = try run(["timeout", "20", path("waiter")], ["LD_PRELOAD": path("clock.so"), "FAULT_CLOCK_FILE": path("clock")])
            let took = Date().timeIntervalSince(began)
            #expect(status == 0 && text.hasSuffix("timed out\n"), "\(ahead) s ahead: \(text), status \(status)")
            #expect(took >= 0.5, "\(ahead) s ahead: it did not wait")
            let said = try #require(text.split(separator: " ").first.flatMap { Double($0) })
            #expect(abs(said - began.timeIntervalSince1970 - Double(ahead)) < 20)
        }
    }
}
