import Domain
import Foundation
import Intelligence
import Stores
import Testing

@testable import ClassifierWorker

@Suite struct EnrichmentPolicyTests {
    static let policy = EnrichmentPolicy(confidenceThreshold: 0.5, taxonomy: "t", guardrails: "g")

    static func labels(
        category: String = "vpn", tier: Tier = .engineer, severity: Severity = .high, confidence: Double = 0.9, language: String = "en"
    ) -> Enrichment.Labels {
        Enrichment.Labels(
            category: category, tier: tier, severity: severity, confidence: confidence, language: language, rationale: "because")
    }

    static func ticket(_ change: (inout Ticket) -> Void = { _ in }) -> Ticket {
        var ticket = Ticket(
            id: TicketID(.v7()), version: 1, state: .triaged, requester: Requester(id: "mara"), persona: .trainee, channel: "web", subject: "s",
            body: "b", course: nil, module: nil, language: "en", category: Labelled("outage", by: .model), tier: Labelled(.generalist, by: .model),
            severity: Labelled(.medium, by: .model), confidence: 0.3, needsHuman: true, guardrails: [], revision: 1, failedAttempts: 0,
            messageCount: 0, answer: .notCovered, enrichment: .pending, classifiedAt: Date(), source: "test", submittedAt: Date(),
            updatedAt: Date())
        change(&ticket)
        return ticket
    }

    /// Agent, then rule, then language model, then local model.
    @Test(arguments: LabelSource.allCases)
    func theModelOverwritesACategoryOfItsOwnRankOrBelow(source: LabelSource) {
        let after = Self.policy.labelled(Self.ticket { $0.category = Labelled("outage", by: source) }, by: Self.labels())
        let isTaken = source <= .llm
        #expect(after.category == (isTaken ? Labelled("vpn", by: .llm) : Labelled("outage", by: source)))
        #expect(after.confidence == (isTaken ? 0.9 : 0.3))
    }

    static let pairs = LabelSource.allCases.flatMap { source in
        Tier.allCases.flatMap { old in Tier.allCases.map { new in (source, old, new) } }
    }

    @Test(arguments: pairs)
    func tiersAndSeveritiesAreRaisedAndNeverLoweredButOverTheLocalModel(source: LabelSource, old: Tier, new: Tier) {
        let severities = Severity.allCases
        let (oldSeverity, newSeverity) = (severities[old.rawValue], severities[new.rawValue])
        let before = Self.ticket {
            $0.tier = Labelled(old, by: source)
            $0.severity = Labelled(oldSeverity, by: source)
        }
        let after = Self.policy.labelled(before, by: Self.labels(tier: new, severity: newSeverity))
        switch source {
        case .agent:
            #expect(after.tier == before.tier && after.severity == before.severity)
        case .rule, .llm:
            #expect(after.tier == (new > old ? Labelled(new, by: .llm) : before.tier))
            #expect(after.severity == (newSeverity > oldSeverity ? Labelled(newSeverity, by: .llm) : before.severity))
        case .model:
            #expect(after.tier == Labelled(new, by: .llm) && after.severity == Labelled(newSeverity, by: .llm))
        }
    }

    /// A second look must not come below what a rule had said before the first one raised it.
    @Test func whatTheModelRaisedItDoesNotLower() {
        let rule = Self.ticket { $0.tier = Labelled(.engineer, by: .rule) }
        let raised = Self.policy.labelled(rule, by: Self.labels(tier: .platform))
        #expect(Self.policy.labelled(raised, by: Self.labels(tier: .selfService)).tier == Labelled(.platform, by: .llm))
    }

    @Test func theLanguageIsFilledInAndNotReplaced() {
        let unknown = Self.ticket { $0.language = "und" }
        #expect(Self.policy.labelled(unknown, by: Self.labels(language: "nl")).language == "nl")
        #expect(Self.policy.labelled(Self.ticket(), by: Self.labels(language: "nl")).language == "en")
    }

    static let moved: [(Suggestion.Reason?, @Sendable (inout Ticket) -> Void)] = [
        (nil, { _ in }), (nil, { $0.version = 7 }), (nil, { $0.state = .inProgress }), (.closed, { $0.state = .closed }),
        (.closed, { $0.state = .resolved }), (.closed, { $0.state = .merged }), (.closed, { $0.state = .cancelled }),
        (.reclassified, { $0.revision = 2 }), (.newMessages, { $0.messageCount = 1 })
    ]

    @Test(arguments: moved.indices)
    func onlyATicketThatIsAsItWasIsChanged(index: Int) {
        let asked = Self.ticket()
        var now = asked
        Self.moved[index].1(&now)
        #expect(Self.policy.obstacle(to: now, asked: EnrichmentRequested(asked)) == Self.moved[index].0)
    }

    static let shown: [(Suggestion.Reason?, @Sendable (inout Ticket) -> Void)] = [
        (nil, { $0.answer = .none }), (nil, { $0.answer = .notCovered }), (nil, { $0.answer = .unsupportedLanguage }),
        (nil, { $0.answer = .withheld }), (.answered, { $0.answer = .answered }), (.guardrail, { $0.answer = .refused }),
        (.guardrail, { $0.guardrails = ["prompt_injection"] }), (.agent, { $0.tier = Labelled(.generalist, by: .agent) })
    ]

    @Test(arguments: shown.indices)
    func anAnswerIsShownOnlyWhereNobodyElseHasTheWord(index: Int) {
        var ticket = Self.ticket()
        Self.shown[index].1(&ticket)
        #expect(Self.policy.objection(to: Self.labels(), showingTo: ticket) == Self.shown[index].0)
        #expect(Self.policy.objection(to: Self.labels(confidence: 0.49), showingTo: ticket) == Self.shown[index].0 ?? .lowConfidence)
    }

    static let grounded = Enrichment.Answer.grounded(text: "x", citations: ["a@1#b"])

    /// Ticket, answer, confidence, shown, whether a human is needed after.
    static let humans: [(@Sendable (inout Ticket) -> Void, Enrichment.Answer, Double, Bool, Bool)] = [
        ({ _ in }, grounded, 0.9, true, false), ({ _ in }, grounded, 0.9, false, true), ({ _ in }, .none, 0.9, false, true),
        ({ $0.needsHuman = false }, .none, 0.9, false, false), ({ $0.needsHuman = false }, .none, 0.4, false, true),
        ({ $0.needsHuman = false }, .withheld(.unknownCommand), 0.9, false, true), ({ $0.guardrails = ["x"] }, grounded, 0.9, true, true),
        // Somebody changed the ticket since, perhaps to ask for a human.
        ({ $0.version = 2 }, grounded, 0.9, true, true),
        // The category in force is a rule's: the model's doubt about its own says nothing.
        (
            {
                $0.needsHuman = false
                $0.category = Labelled("outage", by: .rule)
            }, .none, 0.1, false, false
        )
    ]

    @Test(arguments: humans.indices)
    func aHumanIsCalledByDoubtAndLetGoOnlyByAShownAnswer(index: Int) {
        let (change, answer, confidence, shown, expected) = Self.humans[index]
        let asked = Self.ticket()
        var ticket = asked
        change(&ticket)
        let enrichment = Enrichment(labels: Self.labels(confidence: confidence), answer: answer)
        let labelled = Self.policy.labelled(ticket, by: enrichment.labels)
        #expect(Self.policy.needsHuman(labelled, asked: EnrichmentRequested(asked), enrichment, shown: shown) == expected)
    }
}
