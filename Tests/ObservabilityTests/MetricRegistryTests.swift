import Foundation
import Observability
import Testing

@Suite struct MetricRegistryTests {
    enum Reason: String, CaseIterable { case invalid, schema }

    @Test func expositionIsExactlyTheGoldenFile() throws {
        let registry = MetricRegistry()
        let deadLetters = registry.counter(
            "helpdesk_dead_letters_total", "Records given up.", labels: [.of("reason", Reason.self)])
        deadLetters.labels("invalid").increment(by: 3)
        deadLetters.labels("schema").increment()
        deadLetters.labels("anything a client sent").increment()
        deadLetters.labels("anything else").increment()
        registry.counter("helpdesk_llm_cost_total", "Money spent, in US dollars.").add(1.75)
        registry.gauge("helpdesk_inbox_rows", "Rows in the inbox.").set(1_000_000)
        registry.callback("helpdesk_ratio", "Undefined until something happened.") { Double.nan }
        let decide = registry.histogram(
            "helpdesk_decide_seconds", "Time to decide.", buckets: HistogramBuckets([1, 0.005, 0.1]),
            labels: [.oneOf("stage", ["triage"])]
        ).labels("triage")
        decide.observe(0.005)
        decide.observe(0.0625)
        decide.observe(.milliseconds(57.5))
        decide.observe(2)
        registry.callback(
            "helpdesk_backlog", "Records not yet read.\nPer partition, back\\slash.",
            labels: [.first(10, "topic"), .first(10, "partition")]
        ) {
            [
                .init(["quote\"back\\slash\nline", "0"], 3.5), .init(["helpdesk.tickets", "1"], 0),
                .init(["helpdesk.tickets", "0"], 12)
            ]
        }
        #expect(try registry.exposition() == golden("metrics.txt"))
    }

    @Test func limitedLabelOverflowsIntoOther() {
        let registry = MetricRegistry()
        let family = registry.counter("x_total", "X.", labels: [.first(2, "topic")])
        for topic in ["a", "b", "c", "d", "a"] { family.labels(topic).increment() }
        #expect(family.labels("a").value == 2)
        #expect(family.labels("b").value == 1)
        #expect(family.labels("other").value == 2)
        #expect(registry.exposition().split(separator: "\n").count == 5)
    }

    @Test func sameDeclarationGivesTheSameSeries() {
        let registry = MetricRegistry()
        registry.counter("x_total", "X.").increment()
        registry.counter("x_total", "X.").increment(by: 2)
        #expect(registry.counter("x_total", "X.").value == 3)
    }

    @Test func countersOnlyGrow() {
        let counter = MetricRegistry().counter("x_total", "X.")
        counter.increment(by: 2)
        counter.increment(by: -1)
        counter.add(-5)
        counter.add(.infinity)
        counter.add(.nan)
        counter.add(0.5)
        #expect(counter.value == 2.5)
    }

    @Test func noUpdateIsLostBetweenTasks() async {
        let registry = MetricRegistry()
        let counter = registry.counter("x_total", "X.")
        let gauge = registry.gauge("g", "G.")
        let histogram = registry.histogram("h_seconds", "H.")
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<8 {
                group.addTask {
                    for _ in 0..<2_000 {
                        counter.increment()
                        counter.add(0.5)
                        gauge.add(1)
                        histogram.observe(0.25)
                    }
                }
            }
        }
        #expect(counter.value == 24_000)
        #expect(gauge.value == 16_000)
        #expect(histogram.total.count == 16_000)
        #expect(histogram.total.sum == 4_000)
    }

    @Test func declarationsThatClashTrap() async {
        await #expect(processExitsWith: .failure) {
            let registry = MetricRegistry()
            _ = registry.counter("x_total", "X.")
            _ = registry.counter("x_total", "Y.")
        }
        await #expect(processExitsWith: .failure) {
            _ = MetricRegistry().gauge("not-a-name", "X.")
        }
    }

    #if os(Linux)
        @Test func processMetricsDescribeThisProcess() throws {
            let registry = MetricRegistry()
            registry.addProcessMetrics()
            let values = Dictionary(
                uniqueKeysWithValues: registry.exposition().split(separator: "\n").filter { !$0.hasPrefix("#") }.map {
                    let parts = $0.split(separator: " ")
                    return (String(parts[0]), Double(parts[1]) ?? .nan)
                })
            #expect(try #require(values["process_resident_memory_bytes"]) > 1_000_000)
            #expect(try #require(values["process_cpu_seconds_total"]) >= 0)
            #expect(try #require(values["process_open_fds"]) >= 3)
            let age = Date().timeIntervalSince1970 - (try #require(values["process_start_time_seconds"]))
            #expect((-2...86_400).contains(age))
        }
    #endif
}

func golden(_ name: String, file: String = #filePath) throws -> String {
    let folder = URL(fileURLWithPath: file).deletingLastPathComponent().appendingPathComponent("Golden")
    return try String(contentsOf: folder.appendingPathComponent(name), encoding: .utf8)
}
