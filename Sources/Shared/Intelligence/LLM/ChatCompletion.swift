import Foundation

/// The request of OpenAI's chat completions, as far as it is used.
struct ChatCompletionRequest: Encodable {
    struct ResponseFormat: Encodable {
        struct Schema: Encodable {
            var name: String
            var strict = true
            var schema: JSONValue
        }

        var type = "json_schema"
        var jsonSchema: Schema
    }

    var model: String
    var messages: [ChatRequest.Message]
    var temperature: Double
    var maxTokens: Int
    var responseFormat: ResponseFormat
    var stream = false

    init(_ request: ChatRequest, settings: ModelSettings) {
        model = settings.model
        messages = request.messages
        temperature = settings.temperature
        maxTokens = settings.maximumTokens
        responseFormat = ResponseFormat(jsonSchema: .init(name: request.schemaName, schema: request.schema))
    }

    func encoded() -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.keyEncodingStrategy = .convertToSnakeCase
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        // Texts, whole numbers and a finite temperature: nothing can fail to encode.
        return Array((try? encoder.encode(self)) ?? Data())
    }
}

/// The response, as far as it is used.
struct ChatCompletionResponse: Decodable {
    struct Choice: Decodable {
        struct Message: Decodable {
            var content: String?
            var refusal: String?
        }

        var message: Message
        var finishReason: String?

        enum CodingKeys: String, CodingKey {
            case message, finishReason = "finish_reason"
        }
    }

    struct Usage: Decodable {
        var input: Int
        var output: Int

        enum CodingKeys: String, CodingKey {
            case input = "prompt_tokens", output = "completion_tokens"
        }
    }

    var choices: [Choice]
    var usage: Usage?

    /// The content of the first choice, or why there is none.
    func content() throws(ModelError) -> String {
        guard let choice = choices.first else {
            throw .invalidAnswer(field: "choices", expected: "at least one choice", found: "none")
        }
        if choice.finishReason == "content_filter" { throw .refused(.contentFilter) }
        if let refusal = choice.message.refusal, !refusal.isEmpty { throw .refused(.model) }
        if choice.finishReason == "length" {
            throw .invalidAnswer(field: "choices.0.finish_reason", expected: "a finished answer", found: "one cut off at the token limit")
        }
        guard let content = choice.message.content, !content.isEmpty else {
            throw .invalidAnswer(field: "choices.0.message.content", expected: "a text", found: "nothing")
        }
        return content
    }

    /// Bounded, so that a nonsensical count cannot break the sums.
    func tokens(estimate: TokenUsage) -> TokenUsage {
        guard let usage, (0...10_000_000).contains(usage.input), (0...10_000_000).contains(usage.output) else { return estimate }
        return TokenUsage(input: usage.input, output: usage.output)
    }
}
