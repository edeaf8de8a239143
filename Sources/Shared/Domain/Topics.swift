/// The topics of the pipeline. The names are a contract with upstream systems.
public enum Topics {
    public static let tickets = "helpdesk.tickets"
    public static let changes = "helpdesk.changes"

    /// Every topic that is not a dead-letter topic.
    public static let all = [tickets, changes]

    /// Where what `topic`'s readers cannot handle goes.
    public static func deadLetters(of topic: String) -> String { topic + ".dlq" }

    /// Every topic with its dead-letter topic.
    public static var allWithDeadLetters: [String] { all + all.map(deadLetters(of:)) }
}
