public import Launch

/// Whose dead letters an executable's `dead-letters` command works on.
public protocol DeadLetterScope {
    /// The executable's name, for the messages.
    static var program: String { get }
    static var readers: [DeadLetterReader] { get }
    /// The executable's other settings, which may stand in the same file.
    static var tolerated: [any DeclaredKey] { get }
}

/// A consumer and the topic it reads.
public struct DeadLetterReader: Sendable {
    /// The name in the inbox.
    public let consumer: String
    public let topic: String

    public init(consumer: String, topic: String) {
        self.consumer = consumer
        self.topic = topic
    }
}
