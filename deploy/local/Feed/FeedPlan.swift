import Domain
import Foundation

/// Makes up the events of a feed, one ticket at a time: who writes, in which language, what goes wrong, what comes twice or too early.
struct FeedPlan: Sendable {
    let mixture: FeedMixture
    private var random: FeedRandom
    private var largeLeft: Int
    private var nextPoison = 0
    /// Steps kept for later, with the number of tickets to wait.
    private var later: [(due: Int, step: FeedStep)] = []
    private var made = 0
    /// Steps that may be repeated.
    private var recent: [FeedStep] = []

    init(_ mixture: FeedMixture, seed: UInt64) {
        self.mixture = mixture
        random = FeedRandom(seed: seed)
        largeLeft = mixture.largePayloads
    }

    /// The steps around the next ticket.
    mutating func next() -> [FeedStep] {
        made += 1
        var steps = takeDue()
        if random.happens(mixture.poison) {
            steps += poison().map { .publish($0) }
        } else if random.happens(mixture.gateway) {
            steps.append(.post(post()))
        } else {
            steps += ticketWithReply()
        }
        return steps + repeats(of: steps)
    }

    /// What is still kept for later, in order.
    mutating func rest() -> [FeedStep] {
        defer { later = [] }
        return later.sorted { $0.due < $1.due }.map(\.step)
    }

    private mutating func takeDue() -> [FeedStep] {
        let due = later.filter { $0.due <= made }.map(\.step)
        later.removeAll { $0.due <= made }
        return due
    }

    private mutating func repeats(of steps: [FeedStep]) -> [FeedStep] {
        var repeats: [FeedStep] = []
        for step in steps where random.happens(mixture.duplicates) {
            if random.happens(0.5), let old = recent.randomElement(using: &random) {
                repeats.append(old)
            } else {
                repeats.append(step)
            }
        }
        for step in steps where !step.isLarge {
            if recent.count < 500 { recent.append(step) } else { recent[Int.random(in: 0..<500, using: &random)] = step }
        }
        return repeats.filter { !$0.isLarge }
    }

    // MARK: Tickets

    private mutating func ticketWithReply() -> [FeedStep] {
        let (entry, payload, language) = ticket(way: .topic)
        let submission = FeedStep.publish(FeedRecord(entry, type: TicketSubmitted.type, payload: payload.encoded()))
        guard random.happens(mixture.replies), let ticket = entry.ticket else { return [submission] }
        let reply = FeedStep.publish(self.reply(to: ticket, by: payload.requester.id, in: language))
        let wait = Int.random(in: 1...40, using: &random)
        if random.happens(1.0 / 3) {
            later.append((made + wait, submission))
            return [reply]
        }
        later.append((made + wait, reply))
        return [submission]
    }

    private mutating func post() -> FeedPost {
        let (entry, payload, _) = ticket(way: .gateway)
        return FeedPost(entry: entry, body: payload.encoded())
    }

    private mutating func ticket(
        way: FeedEntry.Way, poison: PoisonKind? = nil
    ) -> (FeedEntry, TicketSubmitted, SampleTexts.Language) {
        // The shipped languages are not empty.
        let language = SampleTexts.languages[Int.random(in: 0..<SampleTexts.languages.count, using: &random)]
        let text = language.tickets[Int.random(in: 0..<language.tickets.count, using: &random)]
        let module = SampleTexts.modules.randomElement(using: &random) ?? SampleTexts.modules[0]
        let course = SampleTexts.courses.randomElement(using: &random) ?? SampleTexts.courses[0]
        let session = Self.session()
        let person = Int.random(in: 1...400, using: &random)
        let personas: [Persona] = [.trainee, .trainee, .trainee, .trainee, .instructor, .operator, .supportEngineer]
        let id = UUID()
        let payload = TicketSubmitted(
            ticketID: way == .topic ? TicketID(id) : nil,
            requester: Requester(id: "learner-\(person)", name: "Learner \(person)", email: "learner-\(person)@example.org"),
            persona: personas.randomElement(using: &random), channel: way == .topic ? "lms" : "api",
            subject: SampleTexts.filled(text.subject, module: module, course: course, using: &random),
            body: SampleTexts.filled(text.body, module: module, course: course, using: &random) + "\n(\(session))",
            course: course, module: module)
        let entry = FeedEntry(
            kind: .ticket, way: way, source: way == .topic ? FeedRecord.source : "/helpdesk/ingest", id: UUID().canonical,
            ticket: way == .topic ? id : nil, session: session, poison: poison)
        return (entry, payload, language)
    }

    private mutating func reply(to ticket: UUID, by person: String, in language: SampleTexts.Language) -> FeedRecord {
        let session = Self.session()
        let text = SampleTexts.filled(
            language.replies[Int.random(in: 0..<language.replies.count, using: &random)],
            module: SampleTexts.modules.randomElement(using: &random) ?? "", course: "", using: &random)
        let entry = FeedEntry(
            kind: .reply, way: .topic, source: FeedRecord.source, id: UUID().canonical, ticket: ticket, session: session, poison: nil)
        let payload = TicketReplied(ticketID: TicketID(ticket), author: Author(kind: .requester, id: person), body: "\(text)\n(\(session))")
        return FeedRecord(entry, type: TicketReplied.type, payload: payload.encoded())
    }

    /// Like a support code that a portal adds to a form.
    private static func session() -> String { "session " + UUID().canonical.prefix(13) }

    // MARK: Poison

    private mutating func poison() -> [FeedRecord] {
        var kind = PoisonKind.allCases[nextPoison % PoisonKind.allCases.count]
        nextPoison += 1
        if kind == .tooLarge {
            if largeLeft == 0 { kind = .badJSON } else { largeLeft -= 1 }
        }
        let (entry, payload, _) = ticket(way: .topic, poison: kind)
        let valid = payload.encoded()
        func record(_ payload: [UInt8]?, hasKey: Bool = true) -> FeedRecord {
            FeedRecord(entry, type: TicketSubmitted.type, payload: payload, hasKey: hasKey)
        }
        switch kind {
        case .badJSON: return [record(Array(valid.prefix(valid.count / 2)))]
        case .wrongSchema: return [record(Array(#"{"schemaVersion":1,"requester":{"id":7},"subject":["no text"]}"#.utf8))]
        case .emptyPayload: return [record([])]
        case .nullPayload: return [record(nil)]
        case .noKey: return [record(valid, hasKey: false)]
        case .tooLarge:
            var large = payload
            large.body += String(repeating: " all of my log, line by line;", count: (2 << 20) / 29)
            return [record(large.encoded())]
        case .invalidUTF8:
            // Before the session's closing parenthesis, hence inside the text.
            let place = valid.lastIndex(of: UInt8(ascii: ")")) ?? valid.count / 2
            return [record(Array(valid[..<place] + [0xC3, 0x28, 0xFF] + valid[place...]))]
        case .nulCharacter:
            var torn = payload
            torn.body += "\u{0}"
            return [record(torn.encoded())]
        case .idConflict:
            var other = payload, twin = entry
            twin.session = Self.session()
            other.body = payload.body.replacing(entry.session, with: twin.session)
            return [record(valid), FeedRecord(twin, type: TicketSubmitted.type, payload: other.encoded())]
        }
    }
}

extension FeedStep {
    var entry: FeedEntry {
        switch self {
        case .publish(let record): record.entry
        case .post(let post): post.entry
        }
    }

    var isLarge: Bool { entry.poison == .tooLarge }
}
