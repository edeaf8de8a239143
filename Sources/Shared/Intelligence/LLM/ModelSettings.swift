import Foundation

/// Where the model is and how it may be used. Any endpoint that speaks OpenAI's chat completions will do (OpenAI, Azure, vLLM, llama.cpp,
/// Ollama).
public struct ModelSettings: Sendable, Hashable {
    /// How the key is sent.
    public enum KeyHeader: String, Sendable, Hashable, CaseIterable {
        /// `Authorization: Bearer`.
        case bearer
        /// `api-key`, as Azure wants it.
        case apiKey = "api-key"
    }

    /// Up to and without `/chat/completions`, for instance `https://api.openai.com/v1`. A query (`?api-version=...`) is kept.
    public var baseURL: String
    /// Nil for endpoints without keys.
    public var apiKey: ModelKey?
    public var keyHeader = KeyHeader.bearer
    /// The model's name as the endpoint knows it, and as metrics and records show it.
    public var model: String
    /// For one attempt, from connecting to the last byte.
    public var timeout = Duration.seconds(20)
    /// Of one call, the first included.
    public var maximumAttempts = 3
    /// The longest wait between two attempts. An endpoint that asks for a longer one ends the call.
    public var longestWait = Duration.seconds(10)
    /// Tokens of an answer at most.
    public var maximumTokens = 1200
    /// Bytes of a response at most.
    public var maximumResponseBytes = 256 * 1024
    /// 0 makes answers as repeatable as the endpoint allows.
    public var temperature = 0.0
    /// Money per 1,000 tokens sent, in the currency of the budgets.
    public var priceIn = 0.0
    /// Money per 1,000 tokens received.
    public var priceOut = 0.0
    public var budget = ModelBudget.Limits()
    public var breaker = CircuitBreaker.Settings()
    /// Allows `http` to other machines than this one; the ticket's text and the key are then readable on the way.
    public var allowsPlainHTTP = false

    public init(baseURL: String, apiKey: ModelKey? = nil, model: String) {
        self.baseURL = baseURL
        self.apiKey = apiKey
        self.model = model
    }

    /// What `usage` costs.
    public func cost(of usage: TokenUsage) -> Double {
        (Double(usage.input) * priceIn + Double(usage.output) * priceOut) / 1000
    }

    /// Throws for settings that cannot work.
    public func validate() throws(InvalidModelSetting) { _ = try endpoint() }

    /// The address to post to. Throws for settings that cannot work.
    func endpoint() throws(InvalidModelSetting) -> String {
        try check(maximumAttempts >= 1 && maximumAttempts <= 10, "maximumAttempts", "1 to 10", "\(maximumAttempts)")
        try check(timeout > .zero, "timeout", "more than 0 s", "\(timeout)")
        try check(longestWait >= .zero, "longestWait", "0 s or more", "\(longestWait)")
        try check(maximumTokens >= 1, "maximumTokens", "1 or more", "\(maximumTokens)")
        try check(maximumResponseBytes >= 1024, "maximumResponseBytes", "1024 or more", "\(maximumResponseBytes)")
        try check((0...2).contains(temperature), "temperature", "0 to 2", "\(temperature)")
        try check(priceIn >= 0 && priceIn.isFinite, "priceIn", "0 or more", "\(priceIn)")
        try check(priceOut >= 0 && priceOut.isFinite, "priceOut", "0 or more", "\(priceOut)")
        try check(!model.isEmpty, "model", "a model's name", "nothing")
        try check(model.utf8.count <= 200, "model", "a name of at most 200 bytes", "\(model.utf8.count)")
        let isHeaderSafe = apiKey?.value.utf8.allSatisfy { (0x21...0x7E).contains($0) } ?? true
        try check(isHeaderSafe, "apiKey", "visible ASCII characters", "others")
        guard var parts = URLComponents(string: baseURL), let scheme = parts.scheme?.lowercased(), let host = parts.host, !host.isEmpty,
            parts.user == nil, parts.password == nil, parts.fragment == nil
        else {
            throw InvalidModelSetting(key: "baseURL", expected: "an http or https address without user and fragment", found: "another text")
        }
        try check(scheme == "https" || scheme == "http", "baseURL", "http or https", "another scheme")
        let isLocal = ["127.0.0.1", "localhost", "::1", "[::1]"].contains(host)
        try check(
            scheme == "https" || isLocal || allowsPlainHTTP, "baseURL", "https (or allowsPlainHTTP)", "http to another machine")
        while parts.path.hasSuffix("/") { parts.path.removeLast() }
        parts.path += "/chat/completions"
        return parts.string ?? baseURL
    }

    private func check(_ isRight: Bool, _ key: String, _ expected: String, _ found: String) throws(InvalidModelSetting) {
        if !isRight { throw InvalidModelSetting(key: key, expected: expected, found: found) }
    }
}

/// A setting that cannot work.
public struct InvalidModelSetting: Error, Sendable, Hashable, CustomStringConvertible {
    public let key: String
    public let expected: String
    public let found: String

    public var description: String { "model setting \(key): expected \(expected), found \(found)" }
}
