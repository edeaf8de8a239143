import Intelligence
import Launch
import Testing

@testable import ClassifierWorker

@Suite struct ModelKeysTests {
    private func settings(_ arguments: String...) throws -> ModelSettings? {
        try ModelKeys.settings(try LaunchConfiguration.load(arguments: arguments, environment: [:], keys: ModelKeys.all))
    }

    @Test func withoutAnAddressThereIsNoModel() throws {
        #expect(try settings() == nil)
        #expect(try settings("--llm-timeout", "5s", "--llm-parallel-calls", "2") == nil)
    }

    @Test func aWholeModelIsRead() throws {
        let read = try #require(
            try settings(
                "--llm-base-url", "http://127.0.0.1:8080/v1", "--llm-model", "small", "--llm-api-key", "k", "--llm-timeout", "5s",
                "--llm-budget-tokens-day", "1000", "--llm-price-in", "0.5", "--llm-key-header", "api-key"))
        #expect(read.model == "small" && read.timeout == .seconds(5) && read.budget.tokensPerDay == 1000)
        #expect(read.priceIn == 0.5 && read.keyHeader == .apiKey && read.apiKey == ModelKey("k"))
    }

    static let wrong: [([String], String)] = [
        (["--llm-base-url", "https://models.example.org/v1"], "llm.model"), (["--llm-model", "small"], "llm.base-url"),
        (["--llm-api-key", "k"], "llm.base-url"), (["--llm-base-url", "ftp://x", "--llm-model", "m"], "llm.base-url"),
        (["--llm-base-url", "http://models.example.org/v1", "--llm-model", "m"], "llm.allow-plain-http")
    ]

    @Test(arguments: wrong.indices)
    func halfAModelIsRefusedByNameAndWithAdvice(index: Int) throws {
        let (arguments, named) = Self.wrong[index]
        let configuration = try LaunchConfiguration.load(arguments: arguments, environment: [:], keys: ModelKeys.all)
        #expect {
            _ = try ModelKeys.settings(configuration)
        } throws: { error in
            guard let reason = error as? ExitReason else { return false }
            return reason.code == .usage && reason.message.contains(named) && reason.message.contains("argument --llm") && !reason.advice.isEmpty
        }
    }
}
