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
        } else if random.happens(mixture.bursts) {
            steps += burst()
        } else {
            steps += conversation()
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

    private mutating func conversation() -> [FeedStep] {
        let now = Date()
        let time = random.happens(mixture.past) ? FeedTimes.late(before: now, using: &random) : now
        let made = ticket(way: .topic, of: random.happens(mixture.foreign) ? .foreign : .supported)
        let submission = FeedStep.publish(FeedRecord(made.entry, type: TicketSubmitted.type, payload: made.payload.encoded(), at: time))
        guard let id = made.entry.ticket, let language = made.language else { return [submission] }
        func at() -> Date { time == now ? now : FeedTimes.later(than: time, before: now, using: &random) }
        let person = made.payload.requester.id
        if random.happens(mixture.failures) {
            for wait in [Int.random(in: 1...15, using: &random), Int.random(in: 16...40, using: &random)] {
                let text = language.failures.randomElement(using: &random) ?? language.replies[0]
                keep(.publish(reply(to: id, by: person, text, at: at())), for: wait)
            }
            return [submission]
        }
        guard random.happens(mixture.replies) else { return [submission] }
        let text = language.replies.randomElement(using: &random) ?? ""
        let reply = FeedStep.publish(reply(to: id, by: person, text, at: at()))
        let wait = Int.random(in: 1...40, using: &random)
        if random.happens(1.0 / 3) {
            keep(submission, for: wait)
            return [reply]
        }
        keep(reply, for: wait)
        return [submission]
    }

    /// The same thing told by several people, each in a word or two of their own.
    private mutating func burst() -> [FeedStep] {
        let language = SampleTexts.languages[Int.random(in: 0..<SampleTexts.languages.count, using: &random)]
        let text = language.outages.randomElement(using: &random) ?? language.tickets[0]
        let module = SampleTexts.modules.randomElement(using: &random) ?? SampleTexts.modules[0]
        let course = SampleTexts.courses.randomElement(using: &random) ?? SampleTexts.courses[0]
        let people = (1...400).shuffled(using: &random).prefix(Int.random(in: 4...6, using: &random))
        var isFirst = true
        return people.compactMap { person in
            let made = written(text, by: person, module: module, course: course, way: .topic)
            let step = FeedStep.publish(FeedRecord(made.entry, type: TicketSubmitted.type, payload: made.payload.encoded()))
            defer { isFirst = false }
            if isFirst { return step }
            keep(step, for: Int.random(in: 1...12, using: &random))
            return nil
        }
    }

    private mutating func keep(_ step: FeedStep, for tickets: Int) { later.append((made + tickets, step)) }

    private mutating func post() -> FeedPost {
        let made = ticket(way: .gateway)
        return FeedPost(entry: made.entry, payload: made.payload)
    }

    private enum Audience { case supported, foreign }

    /// - Returns: the language only when it is a supported one: people reply in it.
    private mutating func ticket(
        way: FeedEntry.Way, of audience: Audience = .supported, poison: PoisonKind? = nil
    ) -> (entry: FeedEntry, payload: TicketSubmitted, language: SampleTexts.Language?) {
        // The shipped texts are not empty.
        let language = SampleTexts.languages[Int.random(in: 0..<SampleTexts.languages.count, using: &random)]
        let texts = audience == .supported ? language.tickets : SampleTexts.foreign
        let text = texts[Int.random(in: 0..<texts.count, using: &random)]
        let module = SampleTexts.modules.randomElement(using: &random) ?? SampleTexts.modules[0]
        let course = SampleTexts.courses.randomElement(using: &random) ?? SampleTexts.courses[0]
        let made = written(text, by: Int.random(in: 1...400, using: &random), module: module, course: course, way: way, poison: poison)
        return (made.entry, made.payload, audience == .supported ? language : nil)
    }

    private mutating func written(
        _ text: SampleTexts.Ticket, by person: Int, module: String, course: String, way: FeedEntry.Way, poison: PoisonKind? = nil
    ) -> (entry: FeedEntry, payload: TicketSubmitted) {
        let session = Self.session()
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
            kind: .ticket, way: way, source: way == .topic ? FeedRecord.source : FeedPost.source, id: UUID().canonical,
            ticket: way == .topic ? id : nil, session: session, poison: poison)
        return (entry, payload)
    }

    private mutating func reply(to ticket: UUID, by person: String, _ text: String, at time: Date) -> FeedRecord {
        let session = Self.session()
        let text = SampleTexts.filled(text, module: SampleTexts.modules.randomElement(using: &random) ?? "", course: "", using: &random)
        let entry = FeedEntry(
            kind: .reply, way: .topic, source: FeedRecord.source, id: UUID().canonical, ticket: ticket, session: session, poison: nil)
        let payload = TicketReplied(ticketID: TicketID(ticket), author: Author(kind: .requester, id: person), body: "\(text)\n(\(session))")
        return FeedRecord(entry, type: TicketReplied.type, payload: payload.encoded(), at: time)
    }

    /// Like a support code that a portal adds to a form.
    static func session() -> String { "session " + UUID().canonical.prefix(13) }

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
