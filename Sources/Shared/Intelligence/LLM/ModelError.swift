/// Why a model gave no usable answer. Carries codes and limits, never text of a ticket, an answer or a key.
public enum ModelError: Error, Sendable, Hashable, CustomStringConvertible {
    /// What passes by itself.
    public enum Transient: String, Sendable, Hashable, CaseIterable {
        case timeout, unreachable, interrupted
        case rateLimited = "rate_limited"
        case serverError = "server_error"
    }

    /// What does not pass by itself.
    public enum Refusal: String, Sendable, Hashable, CaseIterable {
        /// 401 or 403: the key is wrong or lacks a permission.
        case unauthorized
        /// 404: the address or the model's name is wrong.
        case notFound = "not_found"
        /// Another 4xx: the endpoint does not take this request.
        case badRequest = "bad_request"
        /// 3xx: redirects are not followed, they would carry the ticket elsewhere.
        case redirected
        /// The endpoint's own filter stopped the answer.
        case contentFilter = "content_filter"
        /// The model declined to answer.
        case model
    }

    /// Try again, not before `retryAfter` where the endpoint named a time.
    case transient(Transient, retryAfter: Duration?)
    case refused(Refusal)
    /// The answer does not keep to the schema. `found` describes, it does not quote.
    case invalidAnswer(field: String, expected: String, found: String)
    /// A budget is spent; it is filled again after `retryAfter`.
    case budgetExhausted(ModelBudget.Window, retryAfter: Duration)
    /// The endpoint failed repeatedly and is left alone for `retryAfter`.
    case circuitOpen(retryAfter: Duration)
    case cancelled

    /// Stable; for logs, metrics and stored records.
    public var code: String {
        switch self {
        case .transient(let reason, _): reason.rawValue
        case .refused(let reason): reason.rawValue
        case .invalidAnswer: "invalid_answer"
        case .budgetExhausted: "budget_exhausted"
        case .circuitOpen: "circuit_open"
        case .cancelled: "cancelled"
        }
    }

    /// Every value that `code` takes.
    public static let codes: [String] =
        Transient.allCases.map(\.rawValue) + Refusal.allCases.map(\.rawValue)
        + ["invalid_answer", "budget_exhausted", "circuit_open", "cancelled"]

    public var description: String {
        switch self {
        case .transient(let reason, let retryAfter):
            "model \(reason.rawValue): expected an answer, try again" + (retryAfter.map { " after \($0)" } ?? " later")
        case .refused(let reason): "model refused (\(reason.rawValue)): expected an answer, check address, key, model name and filters"
        case .invalidAnswer(let field, let expected, let found): "model answer, \(field): expected \(expected), found \(found)"
        case .budgetExhausted(let window, let retryAfter): "model budget per \(window.rawValue) is spent: wait \(retryAfter) or raise it"
        case .circuitOpen(let retryAfter): "model endpoint failed repeatedly: it is asked again after \(retryAfter)"
        case .cancelled: "model call cancelled"
        }
    }
}
