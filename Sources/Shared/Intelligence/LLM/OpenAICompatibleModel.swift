public import AsyncHTTPClient
import Foundation
import Observability

/// A model behind an endpoint that speaks OpenAI's chat completions, with repeats, a circuit breaker and a budget.
///
/// A call lasts at most `maximumAttempts` time-outs and the waits between them. Only what may pass by itself is repeated. A failure whose
/// price cannot be known (a time-out, a cut connection) is charged in full.
public final class OpenAICompatibleModel: ChatModel {
    private let settings: ModelSettings
    private let transport: ModelTransport
    private let gate: ModelGate
    private let clock: ModelClock
    private let metrics: ModelMetrics?

    /// - Parameter client: best `HTTPClient.forModels()`; a client that follows redirects would carry ticket text elsewhere.
    public init(
        settings: ModelSettings, client: HTTPClient, metrics: ModelMetrics? = nil, clock: ModelClock = .system
    ) throws(InvalidModelSetting) {
        transport = ModelTransport(client: client, endpoint: try settings.endpoint(), settings: settings)
        self.settings = settings
        self.clock = clock
        self.metrics = metrics
        let gate = ModelGate(settings, clock: clock)
        self.gate = gate
        metrics?.watchBreaker(model: settings.model) { gate.breakerState }
    }

    public var name: String { settings.model }
    public var breakerState: CircuitBreaker.State { gate.breakerState }
    public var status: ModelStatus { gate.status }
    /// What this UTC day has cost so far in this process.
    public var spentToday: ModelBudget.Charge { gate.spentToday }

    public func complete(_ request: ChatRequest) async throws(ModelError) -> ChatReply {
        do {
            let reply = try await repeating(request)
            metrics?.calls.labels([name, "ok"]).increment()
            return reply
        } catch {
            metrics?.calls.labels([name, error.code]).increment()
            throw error
        }
    }

    private func repeating(_ request: ChatRequest) async throws(ModelError) -> ChatReply {
        let body = ChatCompletionRequest(request, settings: settings).encoded()
        let highest = TokenUsage(input: request.estimatedTokens, output: settings.maximumTokens)
        let delay = RetryDelay(longest: settings.longestWait)
        var attempt = 0
        var last: ModelError?
        while true {
            attempt += 1
            do {
                return try await once(body, highest, attempt)
            } catch .transient(let reason, let retryAfter) {
                let failure = ModelError.transient(reason, retryAfter: retryAfter)
                guard attempt < settings.maximumAttempts,
                    let wait = delay.next(after: attempt, asked: retryAfter, jitter: clock.jitter())
                else { throw failure }
                last = failure
                do { try await clock.sleep(wait) } catch { throw .cancelled }
            } catch .circuitOpen(let retryAfter) {
                // The attempt before tells more than the breaker that it opened.
                throw last ?? .circuitOpen(retryAfter: retryAfter)
            } catch {
                throw error
            }
        }
    }

    private func once(_ body: [UInt8], _ highest: TokenUsage, _ attempt: Int) async throws(ModelError) -> ChatReply {
        if Task.isCancelled { throw .cancelled }
        let pass = try gate.admit(charge(highest))
        let start = clock.uptime()
        metrics?.attempts.labels([name]).increment()
        let outcome = await transport.post(body)
        let latency = clock.uptime() - start
        metrics?.seconds.labels([name]).observe(latency)
        switch outcome {
        case .failed(let error, let isBilled):
            gate.failed(pass, error, costing: isBilled ? nil : ModelBudget.Charge(tokens: 0, money: 0))
            throw error
        case .answered(let bytes):
            guard let response = try? JSONDecoder().decode(ChatCompletionResponse.self, from: Data(bytes)) else {
                let error = ModelError.invalidAnswer(field: "response", expected: "a chat completion", found: "another text")
                gate.failed(pass, error, costing: nil)
                throw error
            }
            let usage = response.tokens(estimate: highest)
            metrics?.tokens.labels([name, "input"]).increment(by: usage.input)
            metrics?.tokens.labels([name, "output"]).increment(by: usage.output)
            metrics?.money.labels([name]).add(settings.cost(of: usage))
            do {
                let content = try response.content()
                gate.succeeded(pass, costing: charge(usage))
                return ChatReply(content: content, usage: usage, cost: settings.cost(of: usage), attempts: attempt, latency: latency)
            } catch {
                // The endpoint is well, this one answer is not.
                gate.succeeded(pass, costing: charge(usage))
                throw error
            }
        }
    }

    private func charge(_ usage: TokenUsage) -> ModelBudget.Charge {
        ModelBudget.Charge(tokens: usage.total, money: settings.cost(of: usage))
    }
}
