import Domain
import Testing

@testable import Knowledge

@Suite struct FrontMatterTests {
    @Test func readsEveryKey() throws {
        let file = Samples.file(
            "04-x.md", id: "auth-2024", title: "Authentication - the policy", version: "2.10.1",
            tags: "[mfa, one-time code]", audience: "[trainee, support_engineer]", status: "deprecated", supersedes: "[auth-2023, auth-2022]")
        let article = try Article.parse(file)
        #expect(article.id == "auth-2024")
        #expect(article.title == "Authentication - the policy")
        #expect(article.version == "2.10.1")
        #expect(article.lastUpdated == "2025-01-31")
        #expect(article.tags == ["mfa", "one-time code"])
        #expect(article.audience == [.trainee, .supportEngineer])
        #expect(article.status == .deprecated)
        #expect(article.supersedes == ["auth-2023", "auth-2022"])
        #expect(article.file == "04-x.md")
    }

    @Test func readsWindowsLineEndsAndAByteOrderMark() throws {
        let plain = Samples.file(body: "## One\n\n1. First\n2. Second\n")
        let windows = ArticleFile(name: "a.md", text: "\u{FEFF}" + plain.text.replacing("\n", with: "\r\n"))
        #expect(try Article.parse(windows).chunks == Article.parse(plain).chunks)
    }

    static let mistakes: [(text: String, problem: String)] = [
        ("", "a.md:1: file: expected front matter that begins with `---`, found nothing"),
        ("\n---\n", "a.md:1: file: expected front matter that begins with `---`, found an empty line"),
        ("# Title\n", "a.md:1: file: expected front matter that begins with `---`, found `# Title`"),
        ("---\nid: a\n", "a.md:1: file: expected a line `---` that ends the front matter within 60 lines, found none"),
        ("---\n---\n## A\ntext\n", "a.md:1: file: expected front matter with keys, found nothing"),
        ("---\n- a\n---\n## A\ntext\n", "a.md:2: file: expected keys with values, found a list")
    ]

    @Test(arguments: mistakes) func reportsAFileWithoutFrontMatter(_ text: String, _ problem: String) {
        #expect(problems(ArticleFile(name: "a.md", text: text)) == [problem])
    }

    static let values: [(key: String, line: String, problem: String)] = [
        ("id", "id: Big Letters", "a.md:2: id: expected small letters, digits and `-`, beginning with a letter, found `Big Letters`"),
        ("id", "id: [a]", "a.md:2: id: expected small letters, digits and `-`, beginning with a letter, found a list"),
        ("title", "title:", "a.md:3: title: expected a title of at most 120 characters, found nothing"),
        ("version", "version: v2", "a.md:4: version: expected numbers with dots, for instance `1.2`, found `v2`"),
        ("last_updated", "last_updated: 2025-02-30", "a.md:5: last_updated: expected a date `YYYY-MM-DD`, found `2025-02-30`"),
        ("tags", "tags: []", "a.md:6: tags: expected a list with at least one element, found a list"),
        ("tags", "tags: [a, b, a]", "a.md:6: tags[2]: expected each value once, found `a` again"),
        (
            "audience", "audience: [trainee, student]",
            "a.md:7: audience[1]: expected one of `trainee`, `instructor`, `operator`, `support_engineer`, `admin`, found `student`"
        ),
        ("status", "status: draft", "a.md:8: status: expected one of `current`, `deprecated`, found `draft`")
    ]

    @Test(arguments: values) func reportsAWrongValueWithItsLine(_ key: String, _ line: String, _ problem: String) {
        let lines = Samples.file().text.split(separator: "\n", omittingEmptySubsequences: false)
        let text = lines.map { $0.hasPrefix("\(key):") ? line[...] : $0 }.joined(separator: "\n")
        #expect(problems(ArticleFile(name: "a.md", text: text)) == [problem])
    }

    @Test(arguments: FrontMatter.keys.filter { $0 != "supersedes" }) func reportsAMissingKey(_ key: String) {
        let lines = Samples.file().text.split(separator: "\n", omittingEmptySubsequences: false)
        let text = lines.filter { !$0.hasPrefix("\(key):") }.joined(separator: "\n")
        let found = problems(ArticleFile(name: "a.md", text: text))
        #expect(found.count == 1)
        #expect(found.first?.hasPrefix("a.md:1: \(key): expected ") == true)
        #expect(found.first?.hasSuffix(", found nothing") == true)
    }

    static let keys: [(written: String, suggestion: String)] = [
        ("titel", "`title`"), ("last-updated", "`last_updated`"), ("supercedes", "`supersedes`"),
        ("owner", "one of `id`, `title`, `version`, `last_updated`, `tags`, `audience`, `status`, `supersedes`")
    ]

    @Test(arguments: keys) func suggestsTheKeyThatWasMeant(_ written: String, _ suggestion: String) {
        let text = Samples.file().text.replacing("tags: [tag]", with: "tags: [tag]\n\(written): x")
        #expect(problems(ArticleFile(name: "a.md", text: text)) == ["a.md:7: \(written): expected \(suggestion), found an unknown key"])
    }

    @Test func reportsBrokenYAMLAtItsLine() {
        let text = Samples.file().text.replacing("tags: [tag]", with: "tags: [tag\nother: ]x")
        let found = problems(ArticleFile(name: "a.md", text: text))
        #expect(found.count == 1)
        #expect(found.first?.hasPrefix("a.md:7: file: expected YAML, found ") == true)
    }

    @Test func collectsEveryProblemOfAFile() {
        let text = Samples.file().text.replacing("version: 1.0", with: "version: one").replacing("status: current", with: "status: old")
        let found = problems(ArticleFile(name: "a.md", text: text + "\n```\nopen\n"))
        #expect(found.map { $0.prefix(8) } == ["a.md:4: ", "a.md:8: ", "a.md:15:"])
    }

    static let hostile: [String] = [
        String(repeating: "\u{0}", count: 100), "---\nid: a\u{0}\n---\n", "---\n" + String(repeating: "[", count: 3900) + "\n---\n",
        "---\na: &a [x]\nb: [*a, *a, *a]\nc: *c\n---\n## A\nt\n", "---\n" + String(repeating: "k: v\n", count: 50) + "---\n",
        String(repeating: "---\n", count: 50_000), "---\n" + String(repeating: "x", count: 300_000), "---\n\u{1B}[31m\n---\n"
    ]

    @Test(arguments: hostile.indices) func refusesHostileFilesWithAProblem(_ index: Int) {
        let found = problems(ArticleFile(name: "a.md", text: Self.hostile[index]))
        #expect(!found.isEmpty)
        #expect(found.allSatisfy { $0.utf8.count < 500 })
    }

    private func problems(_ file: ArticleFile) -> [String] {
        do {
            _ = try Article.parse(file)
            return []
        } catch {
            return error.problems.map(\.description)
        }
    }
}
