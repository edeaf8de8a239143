import Domain

/// What the model is asked about a ticket, and in which words.
///
/// The ticket and the articles are data. Each of their lines begins with `| `, whatever line ends it uses, and a block ends with a line
/// that begins otherwise: no text can close its own block. Secrets and personal data are taken out here, so that nobody can forget it.
public struct EnrichmentPrompt: Sendable {
    /// A section of an article that the retrieval found.
    public struct Source: Sendable, Hashable {
        /// `articleID@version#section`.
        public var id: String
        public var title: String
        public var text: String

        public init(id: String, title: String, text: String) {
            self.id = id
            self.title = title
            self.text = text
        }
    }

    /// A ticket as the model may see it.
    public struct Question: Sendable, Hashable {
        public var subject: String
        public var body: String
        /// Later messages, the oldest first.
        public var replies: [String]
        public var persona: String
        /// ISO 639-1, `und` when unknown.
        public var language: String
        /// The requester's name, id and e-mail address, to be taken out wherever they stand.
        public var known: [String]

        public init(subject: String, body: String, replies: [String] = [], persona: String, language: String, known: [String] = []) {
            self.subject = subject
            self.body = body
            self.replies = replies
            self.persona = persona
            self.language = language
            self.known = known
        }
    }

    /// A request ready to be sent, and what is needed to read its answer.
    public struct Prepared: Sendable, Hashable {
        public var request: ChatRequest
        /// What may be cited: the sources that were sent.
        public var sources: [Source]
        /// What was taken out, by kind.
        public var redacted: [Redaction.Kind: Int]
    }

    /// Sections sent at most.
    public static let largestSources = 6
    /// Characters (Unicode scalars) of a section, of a ticket's text and of each of the last four replies.
    public static let longestSource = 6000
    public static let longestBody = 12_000
    public static let longestReply = 4000

    /// Category ids of the taxonomy: the only ones that the model may name.
    public let categories: [String]
    /// The first 12 hexadecimal digits of the SHA-256 of everything that is constant in the prompt. Answers are stored under it.
    public let version: String
    private let instructions: String

    public init(taxonomy: Taxonomy) {
        self.init(categories: taxonomy.categories.map { ($0.id, $0.title) })
    }

    /// - Parameter categories: id and title of each.
    public init(categories: [(id: String, title: String)]) {
        self.categories = categories.map(\.id)
        instructions = Self.instructions(categories: categories)
        let schema = EnrichmentSchema.schema(categories: self.categories, sources: [])
        version = contentVersion(of: Array(instructions.utf8) + schema.encoded() + Array(Self.layout.utf8))
    }

    /// Builds the request. Linear in the length of the texts.
    public func prepare(_ question: Question, sources: [Source]) -> Prepared {
        let redaction = Redaction(known: question.known)
        var redacted: [Redaction.Kind: Int] = [:]
        func clean(_ text: String, _ limit: Int) -> String {
            // Cut last: a cut must not leave half a secret unrecognised.
            let result = redaction(text)
            redacted.merge(result.counts, uniquingKeysWith: +)
            return Self.cut(result.text, limit)
        }
        let sent = Array(sources.prefix(Self.largestSources)).map {
            Source(id: $0.id, title: $0.title, text: Self.cut($0.text, Self.longestSource))
        }
        var content = ""
        for source in sent {
            content += Self.block("SOURCE \(Self.oneLine(source.id))", "\(source.title)\n\n\(source.text)")
        }
        if sent.isEmpty { content += "NO SOURCES: leave the answer empty.\n\n" }
        content += Self.block(
            "TICKET persona=\(Self.oneLine(question.persona)) language=\(Self.oneLine(question.language))",
            "\(clean(question.subject, Limits.subject))\n\n\(clean(question.body, Self.longestBody))")
        for reply in question.replies.suffix(4) { content += Self.block("REPLY", clean(reply, Self.longestReply)) }
        content += "Classify the ticket and answer it from the sources."
        let schema = EnrichmentSchema.schema(categories: categories, sources: sent.map(\.id))
        return Prepared(
            request: ChatRequest(
                messages: [.init(.system, instructions), .init(.user, content)], schemaName: "helpdesk_enrichment", schema: schema),
            sources: sent, redacted: redacted)
    }

    /// The form of the user's message; part of the version.
    private static let layout = "SOURCE id / TICKET persona language / REPLY, lines after `| `, v1"

    private static func block(_ name: String, _ text: String) -> String {
        "BEGIN \(name)\n\(quoted(text))\nEND \(name.prefix { $0 != " " })\n\n"
    }

    /// Each line after `| `. Every sign that any reader may take for the end of a line ends one here.
    private static func quoted(_ text: String) -> String {
        var output = String.UnicodeScalarView("| ".unicodeScalars)
        var previous: Unicode.Scalar?
        for scalar in text.unicodeScalars {
            switch scalar.value {
            case 0x0A where previous == "\r": break
            case 0x0A...0x0D, 0x1C...0x1E, 0x85, 0x2028, 0x2029: output.append(contentsOf: "\n| ".unicodeScalars)
            case 0: break
            default: output.append(scalar)
            }
            previous = scalar
        }
        return String(output)
    }

    private static func oneLine(_ text: String) -> String {
        String(
            text.unicodeScalars.filter { !$0.properties.isWhitespace && $0.properties.generalCategory != .control }.map(Character.init)
                .prefix(Limits.short))
    }

    /// The beginning and the end of a long text; errors often stand at its end.
    private static func cut(_ text: String, _ limit: Int) -> String {
        if text.utf8.count <= limit { return text }
        let scalars = text.unicodeScalars
        if scalars.count <= limit { return text }
        let tail = limit / 4
        return String(scalars.prefix(limit - tail)) + "\n[...]\n" + String(scalars.suffix(tail))
    }
}
