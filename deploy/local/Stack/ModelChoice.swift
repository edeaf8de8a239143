/// The language model of a stack.
enum ModelChoice: Sendable, Hashable {
    /// A pretended one in the process of `helpdesk` itself.
    case scripted
    /// Any endpoint that speaks OpenAI's chat completions.
    case endpoint(url: String, model: String, key: String?)
}
