import Foundation

extension ModelScript {
    /// How a pretended model misbehaves.
    public struct Weather: Sendable, Hashable {
        /// Before each answer.
        public var latency: Duration
        /// The share of requests, 0 to 1, that are answered with 503; spread evenly, the same at every run.
        public var errorRate: Double
        /// The endpoint answers 503 for `outageLength` at the end of every `outageEvery`; nil: never.
        public var outageEvery: Duration?
        public var outageLength: Duration

        public init(
            latency: Duration = .zero, errorRate: Double = 0, outageEvery: Duration? = nil, outageLength: Duration = .seconds(30)
        ) {
            self.latency = latency
            self.errorRate = min(max(errorRate, 0), 1)
            self.outageEvery = outageEvery.flatMap { $0 > .zero ? $0 : nil }
            self.outageLength = outageLength
        }

        /// - Parameter age: of the script.
        func fails(_ request: Int, at age: Duration) -> Bool {
            if let outageEvery, age.seconds.truncatingRemainder(dividingBy: outageEvery.seconds) >= outageEvery.seconds - outageLength.seconds {
                return true
            }
            // One more failure each time the running share passes a whole number.
            return (Double(request) * errorRate).rounded(.down) > (Double(request - 1) * errorRate).rounded(.down)
        }
    }

    /// Answers every enrichment request from the request itself, without a model: a category by the words that ticket and category share, an
    /// answer in the words of the first section that was sent, or none. Deterministic but for the outages, which follow the clock.
    public static func helpDesk(_ weather: Weather = Weather()) -> ModelScript {
        let start = ContinuousClock.now
        return ModelScript(
            .computed { request in
                if weather.fails(request.number, at: start.duration(to: .now)) { return .status(503) }
                let answer = Behaviour.helpDesk(request)
                return weather.latency > .zero ? .delayed(weather.latency, answer) : answer
            })
    }
}

extension ModelScript.Behaviour {
    /// The answer to an enrichment request, in fair weather.
    public static func helpDesk(_ request: ScriptedModelServer.Request) -> ModelScript.Behaviour {
        guard let question = EnrichmentQuestion(request) else { return .status(400) }
        let json = question.answer.json
        return .content(json, usage: (input: request.body.count / 4, output: json.utf8.count / 4))
    }
}

extension Duration {
    fileprivate var seconds: Double { self / .seconds(1) }
}
