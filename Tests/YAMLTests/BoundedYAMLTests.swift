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
        let error = #expect(throws: NotYAML.self) { try BoundedYAML.compose(text) }
        #expect(error?.description == "line 10: 61 aliases (*name), more than 24; write the values out")
    }

    @Test func `stars and ampersands in words are none`() throws {
        let text = "text: |\n" + String(repeating: "  Q&A: *really* 2*3 R&D *bold* stem* a & b\n", count: 100)
        #expect(try BoundedYAML.compose(text)?["text"]?.string?.isEmpty == false)
    }

    @Test(arguments: [
        ("a: [", 2, "did not find expected node content"),
        ("a: *none", 1, "found undefined alias"),
        ("b: 0\na: 1\na: 2", 2, "`a` twice as key in one mapping"),
        ("\t", 1, "found character that cannot start any token"),
        ("a: b\r\n\u{0}: c\r\n", 2, "control characters are not allowed (character 0)"),
        ("a: b\n\u{600}\u{FFFE}: c\n", 2, "control characters are not allowed (character 65534)"),
        ("? [x]\n: 1\n? [x]\n: 2\n", 1, "a list or mapping twice as key in one mapping"),
        ((1...14).map { "key\($0 % 7): x\n" }.joined(), 7, "`key0`, `key1`, `key2`, `key3`, `key4` and 2 more twice as key in one mapping")
    ])
    func `what is no YAML says where and what`(text: String, line: Int, problem: String) {
        let error = #expect(throws: NotYAML.self) { try BoundedYAML.compose(text) }
        #expect(error?.line == line)
        #expect(error?.problem == problem)
        #expect(error?.repeatedKey == (text.contains("a: 2") ? "a" : text.contains("key0") ? "key0" : nil))
    }

    @Test(arguments: [
        String(repeating: "\u{FFFD}", count: 2000) + "\u{7}",
        (1...40).map { key in "? \(String(repeating: "😀", count: 200))\(key % 20)\n: x\n" }.joined(),
        (1...1200).map { key in "key\(key % 600): x\n" }.joined()
    ])
    func `the reason is short whatever the text is`(text: String) {
        let error = #expect(throws: NotYAML.self) { try BoundedYAML.compose(text) }
        #expect((1...2600).contains(error?.description.utf8.count ?? 0), "\(error?.description.prefix(3000) ?? "")")
        #expect(error?.description.hasSuffix(text.contains("x") ? "more twice as key in one mapping" : "(character 7)") == true)
    }

    @Test func `what a message shows stays on its line and gives a terminal no orders`() {
        #expect("a\n\u{1B}[2J\u{7F}\u{85}\u{202E}é😀".shown() == "a\u{240A}\u{241B}[2J\u{2421}\u{FFFD}\u{FFFD}é😀")
        #expect(String(repeating: "é", count: 121).shown() == String(repeating: "é", count: 120) + "…")
        #expect(String(repeating: "é", count: 120).shown() == String(repeating: "é", count: 120))
    }
}
