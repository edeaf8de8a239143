import Domain
import Intelligence
import Testing

/// Inputs made to be slow or to break something. Times are bounded generously, for debug builds on busy machines: what is caught here is
/// quadratic work, which would take minutes.
@Suite struct HostileInputTests {
    static let texts: [(String, @Sendable () -> String)] = [
        ("2 MB of words", { String(repeating: "disable the logging of my machine now ", count: 55_000) }),
        ("2 MB without a space", { String(repeating: "a", count: 2_000_000) }),
        ("one pattern word over and over", { String(repeating: "disable ", count: 100_000) }),
        (
            "groups that never meet",
            { String(repeating: "disable ", count: 30_000) + String(repeating: "word ", count: 100) + String(repeating: "audit ", count: 30_000) }
        ),
        ("combining marks", { String(repeating: "\u{301}\u{316}", count: 200_000) }),
        ("a letter under marks", { "a" + String(repeating: "\u{301}", count: 200_000) }),
        ("zero width", { String(repeating: "\u{200B}", count: 100_000) + "x" }),
        ("emoji", { String(repeating: "👩‍👩‍👧‍👦", count: 20_000) }),
        ("right to left", { String(repeating: "\u{202E}disable\u{202C} ", count: 20_000) }),
        ("single letters", { String(repeating: "d i s a b l e ", count: 20_000) }),
        ("glued words", { String(repeating: "disable.", count: 50_000) }),
        ("compatibility forms", { String(repeating: "ﷺ①ｄ", count: 50_000) }),
        ("apostrophes", { String(repeating: "'", count: 500_000) + "t" }),
        ("rare scripts", { String(repeating: "ꙮ𒀀𐍈ༀ", count: 50_000) })
    ]

    @Test(arguments: texts.indices)
    func `is classified in bounded time`(index: Int) throws {
        let classifier = try Shipped.classifier.get()
        let text = Self.texts[index].1()
        let clock = ContinuousClock()
        let start = clock.now
        let result = classifier.classify(subject: text, body: "", persona: .trainee)
        let elapsed = clock.now - start
        #expect(elapsed < .seconds(20), "\(Self.texts[index].0): \(elapsed)")
        #expect(result.reasons.allSatisfy { $0.evidence.unicodeScalars.count <= 200 })
    }

    @Test func `a request split over the noise is still seen`() throws {
        let noise = String(repeating: "\u{200B}\u{301}", count: 10_000)
        let result = try Shipped.classifier.get().classify(subject: "disable\(noise) logging", body: "", persona: .trainee)
        #expect(result.guardrails.map(\.kind) == ["logging_tampering"])
    }
}
