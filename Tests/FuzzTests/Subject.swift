/// A reader under attack: good inputs to begin with, and what may be expected of any input.
struct Subject: Sendable, CustomStringConvertible {
    let name: String
    let seeds: [[UInt8]]
    /// What the format is made of.
    let words: [String]
    let maximumBytes: Int
    /// How many inputs the ordinary test takes: fewer where each costs much.
    let few: Int
    /// Gives the reader the input. Whatever it makes of it, it must come back, soon. Refusals are outcomes.
    ///
    /// - Returns: what the reader said, without what varies from input to input as far as that is easy.
    /// - Throws: `Breach` when it broke a promise.
    let read: @Sendable ([UInt8]) throws -> String

    init(
        _ name: String, seeds: [String], words: [String] = [], maximumBytes: Int = 4096, few: Int = 3000,
        read: @escaping @Sendable ([UInt8]) throws -> String
    ) {
        self.init(name, bytes: seeds.map { Array($0.utf8) }, words: words, maximumBytes: maximumBytes, few: few, read: read)
    }

    init(
        _ name: String, bytes seeds: [[UInt8]], words: [String] = [], maximumBytes: Int = 4096, few: Int = 3000,
        read: @escaping @Sendable ([UInt8]) throws -> String
    ) {
        self.name = name
        self.seeds = seeds
        self.words = words
        self.maximumBytes = maximumBytes
        self.few = few
        self.read = read
    }

    var description: String { name }

    static let all = [event, headers, stored, taxonomy, guardrails, policy, settings, article, body, query, model, text, small]
}

/// A reader did what it promised never to do.
struct Breach: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) { self.description = description }
}

/// Throws a `Breach` unless the promise holds.
func promise(_ holds: Bool, _ what: @autoclosure () -> String) throws {
    if !holds { throw Breach(what()) }
}

/// What a refusal says, held to the rule that a message stays short whatever was sent.
func refusal(_ message: String, limit: Int) throws -> String {
    try promise(message.utf8.count <= limit, "a message of \(message.utf8.count) bytes")
    return message
}

/// What is wrong with a file: each mistake short and on one line. The first of them.
func refusals(_ problems: [some CustomStringConvertible]) throws -> String {
    try promise(!problems.isEmpty, "a refusal without a reason")
    for problem in problems {
        let text = try refusal(problem.description, limit: 4000)
        try promise(!text.contains { $0.isNewline }, "a mistake on two lines")
    }
    return problems[0].description
}
