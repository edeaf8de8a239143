/// Tickets and replies as people write them, in every supported language, with blanks that vary them.
enum SampleTexts {
    struct Ticket: Sendable, Hashable {
        let subject: String
        let body: String
    }

    struct Language: Sendable {
        let code: String
        let tickets: [Ticket]
        let replies: [String]
        /// What several people report at once.
        let outages: [Ticket]
        /// What the requester says who has tried the steps in vain.
        let failures: [String]
    }

    static let languages: [Language] = [
        Language("en", english, englishReplies, englishOutages, englishFailures),
        Language("de", german, germanReplies, germanOutages, germanFailures),
        Language("es", spanish, spanishReplies, spanishOutages, spanishFailures),
        Language("fr", french, frenchReplies, frenchOutages, frenchFailures),
        Language("pt", portuguese, portugueseReplies, portugueseOutages, portugueseFailures),
        Language("it", italian, italianReplies, italianOutages, italianFailures)
    ]

    /// Tickets in languages that are not supported.
    static let foreign = tickets(foreignTickets)

    static let modules = ["L-3", "L-4", "L-7", "N-2", "N-5", "F-1", "W-6", "C-9"]
    static let courses = ["Network Defence 101", "Incident Response", "Linux Hardening", "Malware Analysis", "Range Operations"]
    static let hosts = ["ldap01.range.lab", "mail.blue.lab", "scada-gw.plant.lab", "files.red.lab", "registry.lab"]

    /// The text with its blanks filled in.
    static func filled(_ text: String, module: String, course: String, using random: inout FeedRandom) -> String {
        guard text.contains("{") else { return text }
        let hour = Int.random(in: 7...19, using: &random), minute = Int.random(in: 10...59, using: &random)
        return
            text
            .replacing("{module}", with: module)
            .replacing("{course}", with: course)
            .replacing("{vm}", with: "lab-\(Int.random(in: 10...99, using: &random))-vm\(Int.random(in: 1...9, using: &random))")
            .replacing("{host}", with: hosts.randomElement(using: &random) ?? hosts[0])
            .replacing("{n}", with: "\(Int.random(in: 3...45, using: &random))")
            .replacing("{time}", with: "\(hour):\(minute)")
    }
}

extension SampleTexts {
    /// One to a line: subject | text.
    fileprivate static func tickets(_ lines: String) -> [Ticket] {
        lines.split(separator: "\n").map { line in
            let parts = line.split(separator: " | ", maxSplits: 1)
            return Ticket(subject: String(parts[0]), body: String(parts[parts.count - 1]))
        }
    }
}

extension SampleTexts.Language {
    fileprivate init(_ code: String, _ tickets: String, _ replies: String, _ outages: String, _ failures: String) {
        self.code = code
        self.tickets = SampleTexts.tickets(tickets)
        self.replies = replies.split(separator: "\n").map(String.init)
        self.outages = SampleTexts.tickets(outages)
        self.failures = failures.split(separator: "\n").map(String.init)
    }
}
