import Testing

@testable import Knowledge

@Suite struct ChunkingTests {
    static let body = """
        Before any heading.

        ## Login: the `loop`!

        **Symptom.** It loops.
        Always.

        1. Close the tabs.
        2. Delete the cookies:
           only those of the platform.

           ```
           # no heading, 1. no step
           ```

        3. Sign in.

        Then a paragraph.

        ### Deeper, 2nd part

        ```text
        ## still code
        ```

        ## Login: the loop

        - bullet
        - bullet
        1. numbered at once

        ## Related

        - [Other](a.md)

        ## Ünïcode Größe
        text
        """

    @Test func cutsAtHeadingsAndKeepsSteps() throws {
        let chunks = try Samples.chunks(Self.body)
        #expect(
            chunks.map(\.id) == [
                "a@1.0#introduction", "a@1.0#login-the-loop", "a@1.0#deeper-2nd-part", "a@1.0#login-the-loop-2", "a@1.0#unicode-grosse"
            ])
        #expect(
            chunks.map(\.headingPath) == [
                ["Title"], ["Title", "Login: the `loop`!"], ["Title", "Login: the `loop`!", "Deeper, 2nd part"], ["Title", "Login: the loop"],
                ["Title", "Ünïcode Größe"]
            ])
        #expect(chunks.map(\.line) == [11, 15, 32, 38, 47])
        #expect(
            chunks[1].steps == [
                "Close the tabs.", "Delete the cookies:\nonly those of the platform.\n\n```\n# no heading, 1. no step\n```", "Sign in."
            ])
        #expect(chunks[1].blocks.map(\.kind) == [.paragraph, .steps, .paragraph])
        #expect(chunks[2].text == "```text\n## still code\n```")
        #expect(chunks[2].blocks.map(\.kind) == [.code])
        #expect(chunks[3].steps == ["numbered at once"])
        #expect(!chunks[0].isProcedure && chunks[1].isProcedure)
    }

    @Test func everyBlockStandsVerbatimInTheFile() throws {
        for file in try Shipped.files() {
            for chunk in try Article.parse(file).chunks {
                for block in chunk.blocks { #expect(file.text.contains(block.text)) }
                #expect(chunk.text.utf8.count <= Chunk.maximumBytes)
            }
        }
    }

    @Test func cutsLongSectionsBetweenBlocks() throws {
        let paragraph = String(repeating: "word ", count: 500).trimmingTrailingWhitespace()
        let chunks = try Samples.chunks("## Long\n\n\(paragraph)\n\n\(paragraph)\n\nshort\n")
        #expect(chunks.map(\.section) == ["long", "long.2"])
        #expect(chunks.map(\.text) == [paragraph, paragraph + "\n\nshort"])
    }

    @Test func boundsParagraphsAndKeepsCodeAndStepsWhole() throws {
        let long = String(repeating: "äöü wörter ", count: 2000).trimmingTrailingWhitespace()
        let code = "```\n" + String(repeating: "line of code\n", count: 500) + "```"
        let steps = (1...300).map { "\($0). Do the thing number \($0)." }.joined(separator: "\n")
        let chunks = try Samples.chunks("## A\n\n\(long)\n\n## B\n\n\(code)\n\n## C\n\n\(steps)\n")
        let cut = chunks.filter { $0.section.hasPrefix("a") }
        #expect(cut.count > 5)
        #expect(cut.allSatisfy { $0.text.utf8.count <= Chunk.maximumBytes })
        #expect(cut.map(\.text).joined(separator: " ") == long)
        #expect(chunks.first { $0.section == "b" }?.text == code)
        #expect(chunks.first { $0.section == "c" }?.steps.count == 300)
    }

    @Test func reportsAnOpenCodeBlockAndAnEmptyBody() {
        let open = ArticleLibrary.problems(in: [Samples.file(body: "## A\n\n```\ncode\n")])
        #expect(open.map(\.description) == ["a.md:13: body: expected an end of the code block, found the end of the file"])
        let empty = ArticleLibrary.problems(in: [Samples.file(body: "## Only a heading\n")])
        #expect(empty.map(\.description) == ["a.md:11: body: expected at least one section with text, found nothing"])
    }
}
