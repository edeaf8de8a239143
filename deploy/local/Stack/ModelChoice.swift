/// The language model of a stack.
enum ModelChoice: Sendable, Hashable {
    /// A pretended one in the process of `helpdesk` itself.
    case scripted
    /// Any endpoint that speaks OpenAI's chat completions.
    case endpoint(url: String, model: String, key: String?)

    var name: String {
        switch self {
        case .scripted: "scripted"
        case .endpoint(_, let model, _): model
        }
    }

    /// Nil for an endpoint without keys.
    var key: String? {
        switch self {
        case .scripted: nil
        case .endpoint(_, _, let key): key
        }
    }
}
