import ArgumentParser
import Foundation
import Testing

@testable import HelpdeskLocal

@Suite("Options of a stack")
struct StackOptionsTests {
    @Test(
        "workers are scaled by kind, and a number alone is about classifier workers",
        arguments: [
            (["4"], true), (["escalation", "2"], true), (["metrics-worker", "0"], true), (["65"], false), (["ingest", "1"], false), ([], false)
        ])
    func scale(words: [String], isRight: Bool) {
        #expect(((try? ScaleCommand.parse(words)) != nil) == isRight)
    }

    @Test("each kind of worker is counted by itself, and the counts survive the state file")
    func counts() throws {
        var counts = WorkerCounts(classifier: 3)
        counts[.metrics] = 2
        #expect(counts.description == "3 classifier, 1 escalation, 2 metrics")
        #expect(try JSONDecoder().decode(WorkerCounts.self, from: JSONEncoder().encode(counts)) == counts)
    }

    @Test("a model's address needs its name, and its key comes from the environment")
    func model() throws {
        #expect(try ModelOptions.parse([]).choice(in: ["LLM_API_KEY": "k"]) == nil)
        #expect(try ModelOptions.parse(["--llm", "scripted"]).choice(in: [:]) == .scripted)
        let arguments = ["--llm", "https://models.example/v1", "--llm-model", "m"]
        #expect(
            try ModelOptions.parse(arguments).choice(in: ["LLM_API_KEY": "k"])
                == .endpoint(url: "https://models.example/v1", model: "m", key: "k"))
        #expect(
            try ModelOptions.parse(arguments).choice(in: ["LLM_API_KEY": ""]) == .endpoint(url: "https://models.example/v1", model: "m", key: nil))
        for wrong in [["--llm", "https://models.example/v1"], ["--llm", "ftp://x", "--llm-model", "m"], ["--llm-model", "m"]] {
            #expect(throws: (any Error).self) { try ModelOptions.parse(wrong) }
        }
    }

    @Test("a missing program, file or article is named with what to do")
    func executables() throws {
        let directory = try TestDirectory()
        defer { directory.remove() }
        let place = directory.local.path
        func error() -> LocalError? {
            #expect(throws: LocalError.self) { try Executables.find(directory: place, configuration: place, articles: place) }
        }
        for name in Executables.programs {
            #expect(error()?.message.contains("no \(name) in") == true)
            _ = FileManager.default.createFile(atPath: "\(place)/\(name)", contents: nil, attributes: [.posixPermissions: 0o700])
        }
        for name in Executables.files {
            #expect(error()?.message.contains("no \(name) in") == true)
            _ = FileManager.default.createFile(atPath: "\(place)/\(name)", contents: nil)
        }
        #expect(error()?.code == "no_articles")
        _ = FileManager.default.createFile(atPath: "\(place)/01-a.md", contents: nil)
        #expect(try Executables.find(directory: place, configuration: place, articles: place).policy == "\(place)/escalation-policy.yaml")
    }

    @Test("the way of a ticket is told in the order of its stops")
    func journey() {
        let start = Date(timeIntervalSince1970: 1000)
        var journey = Journey(
            ticket: UUID(), submittedAt: start,
            stops: [
                .init(name: "measured", at: start + 0.231, detail: "4 measurements"),
                .init(name: "classified", at: start + 0.012, detail: "vm, tier 2")
            ], missing: ["escalated"])
        #expect(
            journey.lines == [
                "submitted        0 ms  the gateway took it", "classified      12 ms  vm, tier 2", "measured       231 ms  4 measurements",
                "not yet: escalated"
            ])
        journey.missing = []
        journey.visibleAfter = .milliseconds(250)
        #expect(journey.lines.last == "all of it could be read 250 ms after the submission")
    }
}
