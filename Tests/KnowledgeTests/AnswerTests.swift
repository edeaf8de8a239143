import Domain
import Testing

@testable import Knowledge

@Suite struct AnswerTests {
    private func answer(_ question: String, as persona: Persona = .trainee) throws -> GroundedAnswer {
        AnswerComposer().compose(try Shipped.retriever.get().search(question, audience: persona))
    }

    private func passages(_ answer: GroundedAnswer) -> [GroundedAnswer.Passage] {
        guard case .covered(let covered) = answer else { return [] }
        return covered.passages
    }

    @Test func givesTheArticlesOwnStepsWithTheirCitation() throws {
        let chunks = try Samples.chunks(
            "## Loop\n\n**Symptom.** A loop.\n\n1. Close tabs.\n2. Sign in.\n\n**Open a ticket when** it stays.\n\n## Rain\n\nIt rains.\n")
        // In two chunks no word is rare.
        let composer = AnswerComposer(minimumEvidence: 0.3, minimumFocus: 0.3)
        let hits = Retriever(chunks: chunks).search("loop tabs", audience: .trainee)
        let expected = GroundedAnswer.Answer(passages: [
            GroundedAnswer.Passage(
                citation: "a@1.0#loop", headingPath: ["Title", "Loop"],
                blocks: ["1. Close tabs.\n2. Sign in.", "**Open a ticket when** it stays."], steps: ["Close tabs.", "Sign in."])
        ])
        #expect(composer.compose(hits) == .covered(expected))
        #expect(expected.text == "1. Close tabs.\n2. Sign in.\n\n**Open a ticket when** it stays.\n\n[a@1.0#loop]")
        #expect(expected.citations == ["a@1.0#loop"])
    }

    @Test func aSectionWithoutStepsIsGivenWhole() throws {
        let chunks = try Samples.chunks("## Rain rules\n\nIt rains.\n\n- often\n\n## Sun\n\nIt shines.\n")
        let hits = Retriever(chunks: chunks).search("rain rules", audience: .trainee)
        #expect(passages(AnswerComposer().compose(hits)).map(\.blocks) == [["It rains.", "- often"]])
    }

    static let covered: [String] = [
        "The login page redirects me in a loop", "I lost my phone and need an MFA reset", "I forgot my password",
        "How soon is a ticket answered and resolved", "KE-2001", "Can you edit the hosts file for me", "Why is logging mandatory"
    ]

    @Test(arguments: covered) func saysNothingThatIsInNoCitedChunk(_ question: String) throws {
        let library = try Shipped.library()
        let found = passages(try answer(question))
        #expect(!found.isEmpty)
        for passage in found {
            let chunk = try #require(library.chunks.first { $0.id == passage.citation })
            #expect(!passage.blocks.isEmpty)
            for block in passage.blocks { #expect(chunk.text.contains(block)) }
            for step in passage.steps { #expect(chunk.steps.contains(step)) }
        }
        // Nothing but blocks and citations makes the text.
        guard case .covered(let covered) = try answer(question) else { return }
        var rest = covered.text
        for passage in covered.passages {
            for piece in passage.blocks + ["[\(passage.citation)]"] {
                let range = try #require(rest.firstRange(of: piece))
                rest.removeSubrange(range)
            }
        }
        #expect(rest.trimmingTrailingWhitespace().isEmpty)
    }

    static let foreign: [String] = [
        "What is the weather in Paris tomorrow?", "How do I bake sourdough bread?", "Tell me a joke about cats", "Book a table for two tonight",
        "What is the capital of Australia", "Recommend a good restaurant near me", "My card payment is still pending",
        "How tall is the Eiffel tower", "Play some jazz music", "Wie wird das Wetter morgen in Berlin?", "¿Cuál es la capital de Perú?",
        "Quelle heure est-il à Tokyo ?", "Qual é a receita de feijoada?", "Chi ha vinto la partita ieri?", "asdf qwer zxcv", "天気はどうですか"
    ]

    @Test(arguments: foreign) func aQuestionOfAnotherFieldIsNotCovered(_ question: String) throws {
        #expect(passages(try answer(question)).map(\.citation) == [])
    }

    static let thresholds: [(coverage: Double, evidence: Double, focus: Double, isGround: Bool)] = [
        (0.35, 0.75, 0.45, true), (0.34, 5, 5, false), (1, 0.74, 5, false), (1, 5, 0.44, false)
    ]

    @Test(arguments: thresholds) func everyThresholdMustBeReached(_ coverage: Double, _ evidence: Double, _ focus: Double, _ isGround: Bool) throws {
        let chunk = try #require(try Samples.chunks("## A\n\nText.\n").first)
        let hit = Hit(chunk: chunk, score: 9, coverage: coverage, evidence: evidence, focus: focus, matches: [])
        #expect(passages(AnswerComposer().compose([hit])).count == (isGround ? 1 : 0))
        var withdrawn = hit
        withdrawn.chunk.isDeprecated = true
        #expect(AnswerComposer().compose([withdrawn]) == .notCovered(.belowThreshold))
    }

    @Test func aSecondSectionIsAddedOnlyWhenItIsNearlyAsGood() throws {
        let hits = try Samples.chunks("## A\n\nOne.\n\n## B\n\nTwo.\n\n## C\n\nThree.\n").map {
            Hit(chunk: $0, score: 10, coverage: 1, evidence: 1, focus: 1, matches: [])
        }
        func citations(_ scores: [Double]) -> [String] {
            passages(
                AnswerComposer().compose(
                    zip(hits, scores).map { hit, score in
                        var hit = hit; hit.score = score; return hit
                    })
            ).map(\.citation)
        }
        #expect(citations([10, 9, 9]) == ["a@1.0#a", "a@1.0#b"])
        #expect(citations([10, 8.9, 8.8]) == ["a@1.0#a"])
    }

    @Test func namesTheReasonWhyNothingIsCovered() throws {
        #expect(AnswerComposer().compose([]) == .notCovered(.nothingFound))
        #expect(try answer("Please explain the offside rule of football to my grandmother in a ticket") == .notCovered(.belowThreshold))
    }

    static let withdrawn: [String] = [
        "Can I reset MFA myself with security questions", "self-service MFA reset through security questions", "authentication policy 2023",
        "MFA Reset mit Sicherheitsfragen", "Why were the security questions withdrawn"
    ]

    @Test(arguments: withdrawn, Persona.allCases) func theWithdrawnPolicyGroundsNoAnswer(_ question: String, _ persona: Persona) throws {
        let hits = try Shipped.retriever.get().search(question, audience: persona, limit: 20)
        #expect(hits.allSatisfy { $0.chunk.articleID != "authentication-policy-2023" })
        #expect(hits.first?.chunk.articleID == "authentication-policy-2024")
        for citation in passages(AnswerComposer().compose(hits)).map(\.citation) { #expect(!citation.contains("2023")) }
    }

    @Test func outlinesAreForOperatorsOnly() throws {
        let question = "Outline for putting a range back"
        let retriever = try Shipped.retriever.get()
        for persona in Persona.allCases {
            let ids = retriever.search(question, audience: persona, limit: 50).map(\.chunk.articleID)
            let mayRead = persona != .trainee && persona != .instructor
            #expect(ids.contains("operator-outlines") == mayRead)
            #expect((ids.first == "operator-outlines") == mayRead)
        }
    }
}
