/// What a human who takes a ticket over gets to read, so that nobody has to ask the requester again.
public struct Handover: Codable, Sendable, Hashable {
    /// A text of the conversation.
    public struct Part: Codable, Sendable, Hashable {
        /// The message's number; 0 for the submission itself.
        public var number: Int
        public var author: Author.Kind
        public var visibility: Visibility
        public var at: Timestamp
        public var text: String
        /// Only the beginning of the text is here.
        public var isCut: Bool

        public init(number: Int, author: Author.Kind, visibility: Visibility, at: Timestamp, text: String, isCut: Bool) {
            self.number = number
            self.author = author
            self.visibility = visibility
            self.at = at
            self.text = text
            self.isCut = isCut
        }
    }

    /// One or two sentences put together from the ticket's fields.
    public var summary: String
    public var persona: Persona
    public var course: String?
    public var module: String?
    public var language: String
    public var submittedAt: Timestamp
    public var classifiedAt: Timestamp
    /// The newest change before the escalation.
    public var updatedAt: Timestamp
    /// Lines of the conversation that look like error messages, the newest text's first.
    public var errors: [String]
    /// The articles that attempts to answer cited, each `articleID@version#section`.
    public var articles: [String]
    /// Oldest first. The submission is always here, then the newest messages as far as there is room.
    public var conversation: [Part]
    /// Messages that are not here.
    public var omitted: Int

    public init(
        summary: String, persona: Persona, course: String?, module: String?, language: String, submittedAt: Timestamp,
        classifiedAt: Timestamp, updatedAt: Timestamp, errors: [String], articles: [String], conversation: [Part], omitted: Int
    ) {
        self.summary = summary
        self.persona = persona
        self.course = course
        self.module = module
        self.language = language
        self.submittedAt = submittedAt
        self.classifiedAt = classifiedAt
        self.updatedAt = updatedAt
        self.errors = errors
        self.articles = articles
        self.conversation = conversation
        self.omitted = omitted
    }

    /// Without the conversation, which its tables hold: what is kept beside the escalation.
    public var withoutConversation: Handover {
        var handover = self
        handover.conversation = []
        handover.omitted = omitted + conversation.count { $0.number > 0 }
        return handover
    }
}
