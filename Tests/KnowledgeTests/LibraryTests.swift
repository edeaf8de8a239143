import Testing

@testable import Knowledge

@Suite struct LibraryTests {
    @Test func aChainEndsInItsOnlyCurrentArticle() throws {
        let library = try Samples.library(
            Samples.file("3.md", id: "c", supersedes: "[b]"), Samples.file("1.md", id: "a", status: "deprecated"),
            Samples.file("2.md", id: "b", status: "deprecated", supersedes: "a"), Samples.file("4.md", id: "alone"))
        #expect(library.successors == ["a": "c", "b": "c"])
        #expect(library.articles.map(\.id) == ["a", "alone", "b", "c"])
    }

    static let mistakes: [(files: [ArticleFile], problems: [String])] = [
        ([], ["knowledge base:1: file: expected at least one article, found none"]),
        (
            [Samples.file("1.md", id: "a"), Samples.file("2.md", id: "a")],
            ["2.md:2: id: expected an id of its own, found `a`, the id of 1.md"]
        ),
        (
            [Samples.file("1.md", id: "policy-2023", status: "deprecated"), Samples.file("2.md", id: "b", supersedes: "[policy-2032]")],
            ["2.md:9: supersedes: expected an article's id, perhaps `policy-2023`, found `policy-2032`"]
        ),
        (
            [Samples.file("1.md", id: "a", supersedes: "[a]")],
            ["1.md:9: supersedes: expected articles that do not supersede this one, found a cycle"]
        ),
        (
            [
                Samples.file("1.md", id: "a", supersedes: "[c]"), Samples.file("2.md", id: "b", status: "deprecated", supersedes: "[a]"),
                Samples.file("3.md", id: "c", status: "deprecated", supersedes: "[b]")
            ],
            (1...3).map { "\($0).md:9: supersedes: expected articles that do not supersede this one, found a cycle" }
        ),
        (
            [Samples.file("1.md", id: "a"), Samples.file("2.md", id: "b", supersedes: "[a]")],
            ["2.md:8: status: expected exactly one current article among `a`, `b`, found `a`, `b`"]
        ),
        (
            [Samples.file("1.md", id: "a", status: "deprecated"), Samples.file("2.md", id: "b", status: "deprecated", supersedes: "[a]")],
            ["1.md:8: status: expected exactly one current article among `a`, `b`, found none"]
        ),
        (
            [Samples.file("1.md", id: "a", body: "## H\n\nSee [that](2.md#x) and [web](https://example.org/x.md).\n")],
            ["1.md:13: body: expected a link to an article's file, found `2.md`"]
        ),
        (
            [Samples.file("2.md", id: "b", version: "x"), Samples.file("1.md", id: "a", status: "off")],
            [
                "1.md:8: status: expected one of `current`, `deprecated`, found `off`",
                "2.md:4: version: expected numbers with dots, for instance `1.2`, found `x`"
            ]
        )
    ]

    @Test(arguments: mistakes.indices) func reportsWhatDoesNotFitTogether(_ index: Int) {
        let (files, problems) = Self.mistakes[index]
        #expect(ArticleLibrary.problems(in: files).map(\.description) == problems)
        #expect(throws: InvalidArticles.self) { try ArticleLibrary.load(files: files) }
    }

    @Test func theVersionDependsOnTheTextsAndNotOnTheirOrder() throws {
        let a = Samples.file("1.md", id: "a"), b = Samples.file("2.md", id: "b")
        let version = try Samples.library(a, b).version
        #expect(try Samples.library(b, a).version == version)
        #expect(version.count == 12)
        var changed = b
        changed.text += "More.\n"
        #expect(try Samples.library(a, changed).version != version)
        #expect(try Article.parse(b).contentVersion != Article.parse(changed).contentVersion)
    }

    @Test func findsTheChunkOfACitation() throws {
        let library = try Samples.library(Samples.file("1.md", id: "a"), Samples.file("2.md", id: "b", version: "2.1"))
        #expect(library.chunk("b@2.1#heading")?.text == "Text.")
        for citation in ["b@2.0#heading", "b@2.1#other", "c@2.1#heading", "b", ""] { #expect(library.chunk(citation) == nil) }
    }

    @Test func aFolderThatIsMissingIsAProblem() {
        #expect(throws: InvalidArticles.self) { try ArticleFile.read(folder: "/nowhere/at/all") }
    }
}
