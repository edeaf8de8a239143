import Testing

@testable import Launch

@Suite struct SpellingTests {
    @Test(arguments: [
        ("", "", 0), ("abc", "abc", 0), ("abc", "", 3), ("", "abc", 3), ("htpp", "http", 1), ("port", "prot", 1),
        ("kitten", "sitting", 3), ("ab", "ba", 1), ("ca", "abc", 3)
    ])
    func distance(a: String, b: String, expected: Int) {
        #expect(Spelling.distance(a, b) == expected)
        #expect(Spelling.distance(b, a) == expected)
    }

    @Test func suggestsOnlyWhatIsNear() {
        let names = ["--http-port", "--http-host", "--kafka-brokers"]
        #expect(Spelling.nearest(to: "--htpp-port", among: names) == "--http-port")
        #expect(Spelling.nearest(to: "--kafka-broker", among: names) == "--kafka-brokers")
        #expect(Spelling.nearest(to: "--entirely-else", among: names) == nil)
    }
}
