import Domain
import Testing

@testable import Knowledge

@Suite struct RetrieverTests {
    /// Both policies say "security questions", the deprecated one much more.
    private func policies(currentAudience: String = "[trainee, operator]") throws -> Retriever {
        Retriever(
            library: try Samples.library(
                Samples.file(
                    "1.md", id: "old", title: "Policy", audience: "[trainee, operator]", status: "deprecated",
                    body: "## Reset through security questions\n\nReset with security questions: security questions reset it.\n"),
                Samples.file(
                    "2.md", id: "middle", title: "Policy", audience: "[trainee, operator]", status: "deprecated", supersedes: "[old]",
                    body: "## Telephone\n\nReset by telephone.\n"),
                Samples.file(
                    "3.md", id: "new", title: "Policy", audience: currentAudience, supersedes: "[middle]",
                    body: "## Backup\n\nBackup codes.\n\n## Ticket\n\nOnly a ticket helps. Security questions are withdrawn.\n"),
                Samples.file("4.md", id: "other", title: "Other", body: "## Weather\n\nA reset of the weather.\n")))
    }

    @Test func aDeprecatedChunkYieldsToTheCurrentArticleOfItsChain() throws {
        let hits = try policies().search("reset with security questions", audience: .trainee)
        #expect(hits.first?.chunk.id == "new@1.0#ticket")
        #expect(hits.first?.replaced == "old@1.0#reset-through-security-questions")
        #expect(hits.allSatisfy { !$0.chunk.isDeprecated })
        // Found by no word of its own: the heir is still the current article.
        #expect(try policies().search("telephone", audience: .operator).first?.chunk.articleID == "new")
    }

    @Test func aPersonaOutsideTheAudienceOfTheSuccessorGetsNeither() throws {
        let hits = try policies(currentAudience: "[admin]").search("reset security questions telephone", audience: .trainee)
        #expect(hits.map(\.chunk.articleID) == ["other"])
    }

    @Test func anArticleWithdrawnWithoutASuccessorIsNotFound() throws {
        let retriever = Retriever(
            library: try Samples.library(
                Samples.file("1.md", id: "gone", status: "deprecated", body: "## Fax\n\nSend a fax.\n"), Samples.file("2.md", id: "here")))
        #expect(retriever.search("fax", audience: .admin).isEmpty)
    }

    @Test func onlyThePersonaOfTheAudienceFindsAnArticle() throws {
        let retriever = Retriever(
            library: try Samples.library(
                Samples.file("1.md", id: "runbook", audience: "[operator, admin]", body: "## Drift\n\nCorrect the drift.\n"),
                Samples.file("2.md", id: "guide", audience: "[trainee, instructor, support_engineer]", body: "## Drift\n\nReport drift.\n")))
        for persona in Persona.allCases {
            let expected = persona == .operator || persona == .admin ? "runbook" : "guide"
            #expect(retriever.search("drift", audience: persona).map(\.chunk.articleID) == [expected])
        }
    }

    /// Two chunks of four words, one word in one of them: idf = ln(1 + 1.5 / 1.5), tf = 1, mean length.
    @Test func scoresByTheFormula() throws {
        let parameters = BM25Parameters(k1: 1.2, b: 0.75, title: 0, heading: 0, tags: 0)
        let chunks = try Samples.chunks("## A\n\nalpha beta gamma delta\n\n## B\n\nepsilon zeta gamma eta eta\n")
        let retriever = Retriever(chunks: chunks, parameters: parameters)
        let hits = retriever.search("alpha", audience: .trainee)
        let norm = 1.2 * (0.25 + 0.75 * 4 / 4.5)
        let expected: Double = 0.693_147_18 * 2.2 / (1 + norm)
        #expect(hits.count == 1)
        #expect(abs((hits.first?.score ?? 0) - expected) < 1e-5)
        let twice = retriever.search("eta", audience: .trainee).first?.score ?? 0
        #expect(abs(twice - 0.693_147_18 * 2 * 2.2 / (2 + 1.2 * (0.25 + 0.75 * 5 / 4.5))) < 1e-5)
    }

    @Test func aWordInTheHeadingCountsMore() throws {
        let chunks = try Samples.chunks("## Apples\n\nNothing to see.\n\n## Other\n\nApples to see.\n")
        #expect(Retriever(chunks: chunks).search("apples", audience: .trainee).map(\.chunk.section) == ["apples", "other"])
    }

    @Test func equalScoresGoByIdAndNeverChange() throws {
        let body = (10...29).map { "## Section \($0)\n\nThe same text.\n" }.joined(separator: "\n")
        let chunks = try Samples.chunks(body)
        let expected = chunks.map(\.id).sorted().prefix(7)
        for order in [chunks, chunks.reversed(), chunks.sorted { $0.text.hashValue ^ $0.line < $1.text.hashValue ^ $1.line }] {
            #expect(Retriever(chunks: order).search("same text", audience: .trainee, limit: 7).map(\.chunk.id) == Array(expected))
        }
    }

    @Test func explainsAHitByTheWordsOfTheRequester() throws {
        let chunks = try Samples.chunks("## Password\n\nA forgotten password.\n\n## Other\n\nThe VPN.\n")
        let hit = try #require(Retriever(chunks: chunks).search("Kennwort fürs Flugzeug", audience: .trainee).first)
        #expect(hit.chunk.section == "password")
        #expect(hit.matches.map(\.words) == ["kennwort"])
        #expect(hit.matches.first?.terms == ["password"])
        #expect(abs(hit.score - (hit.matches.first?.score ?? 0)) < 1e-6)
        #expect(hit.coverage > 0 && hit.coverage < 1)
        #expect(hit.focus == hit.evidence)
    }

    @Test func findsNothingInNothing() throws {
        let empty = Retriever(chunks: [])
        #expect(empty.search("password", audience: .trainee).isEmpty)
        let retriever = Retriever(chunks: try Samples.chunks("## A\n\npassword\n"))
        for query in ["", "   \n", "the and of", "!?!", "\u{0}\u{1}\u{FFFD}"] {
            #expect(retriever.search(query, audience: .trainee).isEmpty)
        }
        #expect(retriever.search("password", audience: .trainee, limit: 0).isEmpty)
        #expect(retriever.search("password", audience: .trainee, limit: -1).isEmpty)
    }

    static let hostile: [String] = [
        String(repeating: "password reset ", count: 200_000), String(repeating: "x", count: 3_000_000),
        String(repeating: "e\u{301}\u{301}\u{301}", count: 100_000), String(repeating: "密码", count: 100_000),
        String(decoding: (0..<200_000).map { UInt8(truncatingIfNeeded: $0 &* 7919) }, as: UTF8.self),
        (0..<5000).map { "password\($0)" }.joined(separator: " "), "../../etc/passwd'; DROP TABLE tickets; -- \u{202E}",
        (0..<4000).map { "two" + String(repeating: " two", count: $0 % 3) }.joined(separator: "-")
    ]

    @Test(arguments: hostile.indices) func hostileTextNeitherStopsNorConfusesIt(_ index: Int) throws {
        let retriever = try Shipped.retriever.get()
        let query = Self.hostile[index]
        let hits = retriever.search(query, audience: .trainee, limit: 5)
        #expect(hits.count <= 5)
        #expect(hits.allSatisfy { $0.score.isFinite && $0.coverage >= 0 && $0.coverage <= 1 })
        #expect(hits == retriever.search(query, audience: .trainee, limit: 5))
    }
}
