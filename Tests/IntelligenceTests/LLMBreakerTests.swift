import Intelligence
import Testing

@Suite struct LLMBreakerTests {
    private static let settings = CircuitBreaker.Settings(failures: 3, openFor: .seconds(4), longestOpen: .seconds(10))

    private func permit(_ breaker: inout CircuitBreaker, at now: Duration) throws -> CircuitBreaker.Permit {
        guard case .allowed(let permit) = breaker.admit(at: now) else {
            Issue.record("expected leave at \(now)")
            throw CancellationError()
        }
        return permit
    }

    private func opened(at now: Duration) throws -> CircuitBreaker {
        var breaker = CircuitBreaker(Self.settings)
        for _ in 0..<3 { breaker.failed(try permit(&breaker, at: now), at: now) }
        return breaker
    }

    @Test func `failures in a row open it, a success between them does not`() throws {
        var breaker = CircuitBreaker(Self.settings)
        for _ in 0..<2 { breaker.failed(try permit(&breaker, at: .zero), at: .zero) }
        breaker.succeeded(try permit(&breaker, at: .zero))
        for _ in 0..<2 { breaker.failed(try permit(&breaker, at: .zero), at: .zero) }
        #expect(breaker.state == .closed)
        breaker.failed(try permit(&breaker, at: .zero), at: .zero)
        #expect(breaker.state == .open)
        #expect(breaker.admit(at: .seconds(1)) == .refused(retryAfter: .seconds(3)))
    }

    @Test func `one probe goes through, and its success closes it`() throws {
        var breaker = try opened(at: .zero)
        let probe = try permit(&breaker, at: .seconds(4))
        #expect(breaker.state == .halfOpen)
        #expect(breaker.admit(at: .seconds(5)) == .refused(retryAfter: .seconds(4)))
        breaker.succeeded(probe)
        #expect(breaker.state == .closed)
    }

    @Test func `each failed probe doubles the wait up to the longest`() throws {
        var breaker = try opened(at: .zero)
        var now = Duration.zero
        for (wait, next) in [(4, 8), (8, 10), (10, 10)] {
            now += .seconds(wait)
            breaker.failed(try permit(&breaker, at: now), at: now)
            #expect(breaker.admit(at: now) == .refused(retryAfter: .seconds(next)))
        }
        breaker.succeeded(try permit(&breaker, at: now + .seconds(10)))
        for _ in 0..<3 { breaker.failed(try permit(&breaker, at: now), at: now) }
        #expect(breaker.admit(at: now) == .refused(retryAfter: .seconds(4)))
    }

    @Test func `an asked wait counts within bounds`() throws {
        var breaker = try opened(at: .zero)
        breaker.failed(try permit(&breaker, at: .seconds(4)), at: .seconds(4), retryAfter: .seconds(9))
        #expect(breaker.admit(at: .seconds(4)) == .refused(retryAfter: .seconds(9)))
        breaker.failed(try permit(&breaker, at: .seconds(13)), at: .seconds(13), retryAfter: .seconds(3600))
        #expect(breaker.admit(at: .seconds(13)) == .refused(retryAfter: .seconds(10)))
    }

    @Test func `an outcome from before the opening does not count`() throws {
        var breaker = CircuitBreaker(Self.settings)
        let early = try permit(&breaker, at: .zero)
        for _ in 0..<3 { breaker.failed(try permit(&breaker, at: .zero), at: .zero) }
        breaker.succeeded(early)
        #expect(breaker.state == .open)
    }

    @Test func `an abandoned probe gives its leave to the next`() throws {
        var breaker = try opened(at: .zero)
        breaker.abandoned(try permit(&breaker, at: .seconds(4)), at: .seconds(5))
        breaker.succeeded(try permit(&breaker, at: .seconds(5)))
        #expect(breaker.state == .closed)
    }
}
