import Synchronization

/// The breaker and the budget of one model behind one lock.
final class ModelGate: Sendable {
    struct Pass: Sendable {
        let permit: CircuitBreaker.Permit
        let reservation: ModelBudget.Reservation
    }

    private struct State {
        var breaker: CircuitBreaker
        var budget: ModelBudget
        /// The charge that found no room last, until one finds it again: what "enough is left" is held against.
        var refused: ModelBudget.Charge?
    }

    private let state: Mutex<State>
    private let clock: ModelClock

    init(_ settings: ModelSettings, clock: ModelClock) {
        state = Mutex(State(breaker: CircuitBreaker(settings.breaker), budget: ModelBudget(settings.budget)))
        self.clock = clock
    }

    var breakerState: CircuitBreaker.State { state.withLock { $0.breaker.state } }
    var spentToday: ModelBudget.Charge { state.withLock { $0.budget.spentToday } }

    var status: ModelStatus {
        let now = clock.uptime()
        let wall = clock.sinceEpoch()
        return state.withLock { state in
            let least = state.refused ?? ModelBudget.Charge(tokens: 1, money: 0)
            return ModelStatus(
                breaker: state.breaker.state, mayCall: state.breaker.wouldAdmit(at: now), spent: state.budget.refusal(of: least, at: wall))
        }
    }

    func admit(_ charge: ModelBudget.Charge) throws(ModelError) -> Pass {
        let now = clock.uptime()
        let wall = clock.sinceEpoch()
        return try state.withLock { state throws(ModelError) in
            let permit: CircuitBreaker.Permit
            switch state.breaker.admit(at: now) {
            case .allowed(let allowed): permit = allowed
            case .refused(let retryAfter): throw .circuitOpen(retryAfter: retryAfter)
            }
            do throws(ModelBudget.Exhausted) {
                let reservation = try state.budget.reserve(charge, at: wall)
                state.refused = nil
                return Pass(permit: permit, reservation: reservation)
            } catch {
                state.refused = charge
                state.breaker.abandoned(permit, at: now)
                throw .budgetExhausted(error.window, retryAfter: error.retryAfter)
            }
        }
    }

    func succeeded(_ pass: Pass, costing charge: ModelBudget.Charge) {
        state.withLock {
            $0.breaker.succeeded(pass.permit)
            $0.budget.settle(pass.reservation, as: charge)
        }
    }

    /// - Parameter charge: what the failed call cost; nil when that cannot be known: the reservation stands.
    func failed(_ pass: Pass, _ error: ModelError, costing charge: ModelBudget.Charge?) {
        let now = clock.uptime()
        state.withLock {
            if let charge { $0.budget.settle(pass.reservation, as: charge) }
            switch error {
            case .transient(_, let retryAfter): $0.breaker.failed(pass.permit, at: now, retryAfter: retryAfter)
            case .refused(.unauthorized), .refused(.notFound), .refused(.redirected): $0.breaker.failed(pass.permit, at: now)
            case .invalidAnswer: $0.breaker.failed(pass.permit, at: now)
            // The endpoint is well: it judged this one request.
            case .refused(.badRequest), .refused(.contentFilter), .refused(.model): $0.breaker.succeeded(pass.permit)
            case .budgetExhausted, .circuitOpen, .cancelled: $0.breaker.abandoned(pass.permit, at: now)
            }
        }
    }
}
