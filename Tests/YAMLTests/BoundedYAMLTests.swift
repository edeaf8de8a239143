import Testing
import YAML
import Yams

@Suite struct BoundedYAMLTests {
    /// `count` aliases, nested so that they stand for as many nodes as they can.
    static func nested(_ count: Int) -> String {
        var lines = ["a0: &a0 [x]"]
        for level in 1...(count / 3) { lines.append("a\(level): &a\(level) [*a\(level - 1), *a\(level - 1), *a\(level - 1)]") }
        return lines.joined(separator: "\n") + "\n"
    }

    @Test func `a few aliases are read`() throws {
        let root = try #require(try BoundedYAML.compose("a: &a {x: 1}\nb: *a\nc: {<<: *a}\n"))
        #expect(root["b"]?["x"]?.string == "1")
        #expect(try BoundedYAML.compose(Self.nested(BoundedYAML.mostAliases)) != nil)
    }

    @Test func `more are refused at the line of the first too many, before anything is expanded`() throws {
        let text = Self.nested(60) + "? *a20\n: x\n"
        let error = #expect(throws: TooManyAliases.self) { try BoundedYAML.compose(text) }
        #expect(error?.found == 61 && error?.line == 10)
    }

    @Test func `stars and ampersands in words are none`() throws {
        let text = "text: |\n" + String(repeating: "  Q&A: *really* 2*3 R&D *bold* stem* a & b\n", count: 100)
        #expect(try BoundedYAML.compose(text)?["text"]?.string?.isEmpty == false)
    }

    @Test(arguments: ["a: [", "a: *none", "a: 1\na: 2", "\t"])
    func `what is no YAML says so as before`(text: String) {
        #expect(throws: YamlError.self) { try BoundedYAML.compose(text) }
    }
}
