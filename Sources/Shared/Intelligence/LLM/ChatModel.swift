/// A model that completes a conversation.
public protocol ChatModel: Sendable {
    /// The model's name, for records.
    var name: String { get }
    /// How it stands now, without asking it.
    var status: ModelStatus { get }
    /// Asks once; repeats, budgets and time-outs are the model's own affair.
    func complete(_ request: ChatRequest) async throws(ModelError) -> ChatReply
}

/// What is known of a model before it is asked.
public struct ModelStatus: Sendable, Hashable {
    public var breaker: CircuitBreaker.State
    /// The breaker would let a call through: it is closed, or the time for a probe has come.
    public var mayCall: Bool
    /// The budget that has no room for the next call; nil while there is room.
    public var spent: ModelBudget.Window?

    public init(breaker: CircuitBreaker.State, mayCall: Bool, spent: ModelBudget.Window?) {
        self.breaker = breaker
        self.mayCall = mayCall
        self.spent = spent
    }

    public static let ready = ModelStatus(breaker: .closed, mayCall: true, spent: nil)

    /// A call made now would reach the endpoint.
    public var isAvailable: Bool { mayCall && spent == nil }
    /// The endpoint answers, as far as is known, and there is money left to ask it.
    public var isHealthy: Bool { breaker == .closed && spent == nil }

    /// What is wrong, for records; nil when nothing is.
    public var detail: String? {
        if let spent { return "the budget of this \(spent.rawValue) is spent" }
        return breaker == .closed ? nil : "the endpoint failed repeatedly"
    }
}

/// What is sent to a model.
public struct ChatRequest: Sendable, Hashable {
    public struct Message: Sendable, Hashable, Codable {
        public enum Role: String, Sendable, Hashable, Codable {
            case system, user, assistant
        }

        public var role: Role
        public var content: String

        public init(_ role: Role, _ content: String) {
            self.role = role
            self.content = content
        }
    }

    public var messages: [Message]
    /// The name under which the endpoint sees the schema.
    public var schemaName: String
    /// JSON Schema that the answer must keep to.
    public var schema: JSONValue

    public init(messages: [Message], schemaName: String, schema: JSONValue) {
        self.messages = messages
        self.schemaName = schemaName
        self.schema = schema
    }

    /// A generous guess at the tokens sent: three bytes each.
    var estimatedTokens: Int {
        messages.reduce(schema.encoded().count) { $0 + $1.content.utf8.count + 16 } / 3 + 1
    }
}

/// What came back.
public struct ChatReply: Sendable, Hashable {
    /// The assistant's message: JSON that was asked to keep to the schema, unchecked.
    public var content: String
    public var usage: TokenUsage
    /// Money, by the settings' prices.
    public var cost: Double
    /// How often the endpoint was asked, 1 or more.
    public var attempts: Int
    /// Of the attempt that succeeded.
    public var latency: Duration

    public init(content: String, usage: TokenUsage, cost: Double = 0, attempts: Int = 1, latency: Duration = .zero) {
        self.content = content
        self.usage = usage
        self.cost = cost
        self.attempts = attempts
        self.latency = latency
    }
}

/// Tokens as the endpoint counted them, or an estimate where it did not.
public struct TokenUsage: Sendable, Hashable {
    public var input: Int
    public var output: Int

    public init(input: Int, output: Int) {
        self.input = input
        self.output = output
    }

    public var total: Int { input + output }
}
