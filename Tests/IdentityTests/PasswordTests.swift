import Domain
import Synchronization
import Testing

@testable import Identity

@Suite("Passwords")
struct PasswordTests {
    static let cheap = PasswordCost(logN: 4, r: 8, p: 1)

    @Test("The function is scrypt: the first 32 bytes of the second vector of RFC 7914 section 12")
    func vector() throws {
        let hash = try PasswordHash("password", cost: PasswordCost(logN: 10, r: 8, p: 16), salt: Array("NaCl".utf8)).hash
        #expect(
            hash.map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
                == "fdbabe1c9d3472007856e7190d01e9fe7c6ad7cbc8237830e77376634b373162")
    }

    @Test("What is kept matches the password, however it was typed, and nothing else")
    func matching() async throws {
        let hasher = try PasswordHasher(cost: Self.cheap)
        let kept = try await hasher.hash("Gr\u{FC}ne Tee-Kanne")
        #expect(kept.hasPrefix("$scrypt$ln=4,r=8,p=1$") && !kept.contains("Kanne"))
        #expect(try await hasher.matches("Gru\u{308}ne Tee-Kanne", kept))
        for other in ["gr\u{FC}ne tee-kanne", "Gr\u{FC}ne Tee-Kann", "", "x"] { #expect(try await !hasher.matches(other, kept)) }
        #expect(try await hasher.hash("Gr\u{FC}ne Tee-Kanne") != kept, "each hash has its own salt")
        #expect(!hasher.isOutdated(kept) && hasher.isOutdated(kept.replacing("ln=4", with: "ln=3")))
    }

    @Test("Unknown, deactivated, unreadable and wrong cost one derivation each, as right does")
    func sameWork() async throws {
        let hasher = try PasswordHasher(cost: Self.cheap)
        let kept = try await hasher.hash("correct horse battery")
        for (password, stored) in [
            ("correct horse battery", kept), ("wrong", kept), ("any", nil), ("any", ""), ("any", "$scrypt$ln=4,r=8,p=1$AAAA$AAAA"),
            ("any", "$2b$12$abc")
        ] as [(String, String?)] {
            let before = hasher.derivations
            _ = try await hasher.matches(password, stored)
            #expect(hasher.derivations == before + 1)
        }
        #expect(try await !hasher.matches("", nil))
    }

    @Test("No more than the limit are computed at once, all get their turn, and who finds the queue full is told")
    func bounded() async throws {
        let hasher = try PasswordHasher(cost: PasswordCost(logN: 10, r: 8, p: 1), concurrency: 2, queueLimit: 3)
        let outcomes = await withTaskGroup(of: Bool.self) { group in
            for _ in 0..<40 { group.addTask { (try? await hasher.hash("a password to hash")) != nil } }
            return await group.reduce(into: [Bool: Int]()) { $0[$1, default: 0] += 1 }
        }
        #expect((outcomes[true] ?? 0) >= 5 && (outcomes[true] ?? 0) + (outcomes[false] ?? 0) == 40)
        #expect(try await hasher.matches("a password to hash", hasher.hash("a password to hash")), "and it goes on afterwards")
    }

    @Test(
        "Too short, too long, and what guessers try first",
        arguments: [
            "short", "elevenchars", String(repeating: "long ", count: 26), "passwordpassword", "Password1234!", "P@ssw0rd2024", "qwertyuiopasdf",
            "123456789012", "abcdefghijklm", "aaaaaaaaaaaaaa", "abcabcabcabcabc", "Welcome12345", "letmein!!!!!!", "ada.lovelace1", "Helpdesk2025!",
            "with\u{0}nul in the middle", "Passwort!2345", "iloveyou123456"
        ])
    func refused(password: String) {
        #expect(throws: InvalidField.self) { try PasswordPolicy.check(password, field: "password", own: ["ada.lovelace", "Ada Lovelace"]) }
        do {
            try PasswordPolicy.check(password, field: "password", own: ["ada.lovelace"])
        } catch {
            #expect(!"\(error)".contains(password), "the password is never repeated")
        }
    }

    @Test(
        arguments: [
            "correct horse battery staple", "Tr0ub4dor&3-moonlight", "wir fahren morgen nach Ulm", "j8#kQ2!pX9zL", "пароль из многих слов",
            "my password is a river", (1...32).map { "w\($0 * 7 % 100)" }.joined(separator: "-").prefix(128).description
        ])
    func taken(password: String) throws {
        try PasswordPolicy.check(password, field: "password", own: ["ada", "Ada Lovelace"])
    }
}
