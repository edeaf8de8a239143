import Foundation
import Identity
import Testing

@Suite("API keys as text")
struct KeySecretTests {
    @Test func form() {
        let keys = (0..<100).map { _ in KeySecret.random() }
        for key in keys {
            #expect(key.text.wholeMatch(of: /hdk_[A-Za-z0-9_-]{43}/) != nil)
            #expect(KeySecret(key.text)?.text == key.text)
        }
        #expect(Set(keys.map(\.text)).count == 100)
    }

    @Test("The hash is SHA-256 of the text")
    func hash() throws {
        let key = try #require(KeySecret("hdk_" + String(repeating: "A", count: 43)))
        // printf 'hdk_AAAA...' | sha256sum
        let hex = key.hash.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
        #expect(hex == "d2980b21104a94f96d5c050e0e416fa888446951428815d4904d9cf01e806f01")
    }

    @Test(arguments: [
        "", "hdk_", "hdk_" + String(repeating: "A", count: 42), "hdk_" + String(repeating: "A", count: 44),
        "HDK_" + String(repeating: "A", count: 43), "hdk_" + String(repeating: "A", count: 42) + "=", "hdk_" + String(repeating: "é", count: 21) + "A"
    ])
    func others(text: String) {
        #expect(KeySecret(text) == nil)
    }

    @Test("A key never prints itself")
    func withheld() {
        let key = KeySecret.random()
        var dumped = ""
        dump(key, to: &dumped)
        for text in ["\(key)", String(reflecting: key), dumped] { #expect(!text.contains(key.text.dropFirst(4))) }
    }
}

@Suite("Base 64 for URLs")
struct Base64URLTests {
    @Test(arguments: 0..<40)
    func roundTrip(length: Int) {
        let bytes = (0..<length).map { UInt8(truncatingIfNeeded: $0 &* 151 &+ 251) }
        let text = Base64URL.encode(bytes)
        #expect(text.allSatisfy { $0 != "+" && $0 != "/" && $0 != "=" })
        #expect(Base64URL.decode(text) == bytes)
    }

    @Test("One text for each value", arguments: ["AB", "AA==", "A+A", "A A", "A", "é"])
    func refused(text: String) {
        #expect(Base64URL.decode(text) == nil)
    }
}
