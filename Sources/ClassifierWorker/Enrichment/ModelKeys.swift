import Foundation
import Intelligence
import Launch

/// The language model's settings. Without an address there is no model, and nothing else changes.
enum ModelKeys {
    static let baseURL = ConfigurationKey(
        optional: "llm.base-url", .text,
        "Address of an OpenAI-compatible endpoint, up to and without /chat/completions. Without it no language model is asked.")
    static let model = ConfigurationKey(optional: "llm.model", .text, "The model's name as the endpoint knows it.")
    static let apiKey = ConfigurationKey(optional: "llm.api-key", .text, secret: true, "The endpoint's key.")
    static let keyHeader = ConfigurationKey(
        "llm.key-header", .choice(ModelSettings.KeyHeader.self), default: .bearer,
        "How the key is sent: Authorization: Bearer, or api-key as Azure wants it.")
    static let allowPlainHTTP = ConfigurationKey(
        "llm.allow-plain-http", .flag, default: false, "Allow http to another machine: tickets and the key are readable on the way.")
    static let timeout = ConfigurationKey(
        "llm.timeout", .duration(.milliseconds(100)...(.seconds(600))), default: .seconds(20), "For one attempt, to the last byte.")
    static let attempts = ConfigurationKey("llm.attempts", .int(1...10), default: 3, "Of one call, the first included.")
    static let longestWait = ConfigurationKey(
        "llm.longest-wait", .duration(.zero...(.seconds(300))), default: .seconds(10), "Between two attempts at most.")
    static let maximumTokens = ConfigurationKey("llm.max-tokens", .int(64...100_000), default: 1200, "Tokens of an answer at most.")
    static let temperature = ConfigurationKey(
        "llm.temperature", .number(0...2), default: 0, "0 makes answers as repeatable as the endpoint allows.")
    static let priceIn = ConfigurationKey(
        "llm.price-in", .number(0...1_000_000), default: 0, "Money per 1,000 tokens sent, in the currency of the budgets.")
    static let priceOut = ConfigurationKey("llm.price-out", .number(0...1_000_000), default: 0, "Money per 1,000 tokens received.")
    static let tokensPerMinute = ConfigurationKey(
        optional: "llm.budget-tokens-minute", .int(1...Int.max), "Tokens a minute at most, in each process.")
    static let tokensPerDay = ConfigurationKey(
        optional: "llm.budget-tokens-day", .int(1...Int.max), "Tokens a day (UTC) at most, in each process.")
    static let moneyPerMinute = ConfigurationKey(
        optional: "llm.budget-money-minute", .number(0...1_000_000_000), "Money a minute at most, in each process.")
    static let moneyPerDay = ConfigurationKey(
        optional: "llm.budget-money-day", .number(0...1_000_000_000), "Money a day (UTC) at most, in each process.")
    static let parallelCalls = ConfigurationKey("llm.parallel-calls", .int(1...64), default: 4, "Calls at once, in each process.")

    static let all: [any DeclaredKey] = [
        baseURL, model, apiKey, keyHeader, allowPlainHTTP, timeout, attempts, longestWait, maximumTokens, temperature, priceIn, priceOut,
        tokensPerMinute, tokensPerDay, moneyPerMinute, moneyPerDay, parallelCalls
    ]

    /// Nil when no model is configured. Throws for half of one, and for settings that cannot work.
    static func settings(_ configuration: LaunchConfiguration) throws(ExitReason) -> ModelSettings? {
        guard let address = configuration[baseURL] else {
            let others: [any DeclaredKey] = [model, apiKey]
            for key in others where configuration.origin(of: key) != .builtIn {
                throw .usage(
                    "\(configuration.origin(of: key)): \(key.declaration.name) is set and llm.base-url is not: expected both, or neither",
                    next: "Give --llm-base-url or set LLM_BASE_URL, or take \(key.declaration.name) away.")
            }
            return nil
        }
        guard let name = configuration[model] else {
            throw .usage(
                "\(configuration.origin(of: baseURL)): llm.base-url is set and llm.model is not: expected the model's name",
                next: "Give --llm-model or set LLM_MODEL, for example gpt-4o-mini.")
        }
        var settings = ModelSettings(baseURL: address, apiKey: configuration[apiKey].map { ModelKey($0) }, model: name)
        settings.keyHeader = configuration[keyHeader]
        settings.allowsPlainHTTP = configuration[allowPlainHTTP]
        settings.timeout = configuration[timeout]
        settings.maximumAttempts = configuration[attempts]
        settings.longestWait = configuration[longestWait]
        settings.maximumTokens = configuration[maximumTokens]
        settings.temperature = configuration[temperature]
        settings.priceIn = configuration[priceIn]
        settings.priceOut = configuration[priceOut]
        settings.budget = ModelBudget.Limits(
            tokensPerMinute: configuration[tokensPerMinute], tokensPerDay: configuration[tokensPerDay],
            moneyPerMinute: configuration[moneyPerMinute], moneyPerDay: configuration[moneyPerDay])
        do throws(InvalidModelSetting) {
            try settings.validate()
        } catch {
            throw invalid(error, configuration)
        }
        return settings
    }

    /// The model's own words for a setting, in the words of the configuration.
    private static func invalid(_ error: InvalidModelSetting, _ configuration: LaunchConfiguration) -> ExitReason {
        let key: any DeclaredKey =
            switch error.key {
            case "apiKey": apiKey
            case "model": model
            default: baseURL
            }
        let advice =
            error.expected.contains("allowsPlainHTTP")
            ? "Use https, or set llm.allow-plain-http if everybody on the way may read the tickets." : "Correct the value."
        return .usage(
            "\(configuration.origin(of: key)): \(key.declaration.name): expected "
                + "\(error.expected.replacing("allowsPlainHTTP", with: "llm.allow-plain-http")), found \(error.found)", next: advice)
    }
}
