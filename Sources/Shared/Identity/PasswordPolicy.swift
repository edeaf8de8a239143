public import Domain
import Foundation

/// Which passwords are taken. Length is what counts (NIST SP 800-63B section 5.1.1.2); beyond it, only what guessers try first is refused.
///
/// The words below were written down for this project: what everyone knows people use. It is not a list of leaked passwords. Nearly all of those
/// are shorter than twelve characters; the longer ones are mostly such words repeated, decorated with digits, or walks over the keyboard, and
/// these are what the rules look for.
public enum PasswordPolicy {
    public static let length = 12...128

    /// - Parameters:
    ///   - field: the field that holds it.
    ///   - own: what others know of the person, such as the login: it must not be what the password consists of.
    /// - Throws: `InvalidField`. The password is never repeated.
    public static func check(_ password: String, field: String, own: [String]) throws(InvalidField) {
        let count = password.precomposedStringWithCanonicalMapping.unicodeScalars.count
        guard length.contains(count) else {
            throw InvalidField(field, expected: "\(length.lowerBound) to \(length.upperBound) characters", found: "\(count)")
        }
        if password.utf8.contains(0) { throw InvalidField(field, expected: "a text without U+0000", found: "U+0000 in it") }
        if let weakness = weakness(of: password, own: own) {
            throw InvalidField(field, expected: "a password that is hard to guess: a few unrelated words will do", found: weakness)
        }
    }

    /// What makes it easy to guess; nil for nothing that we know.
    static func weakness(of password: String, own: [String]) -> String? {
        let text = plain(password)
        if Set(text).count < 5 { return "the same few characters over and over" }
        if isWalk(text) { return "characters in the order of the alphabet or the keyboard" }
        if isRepetition(text) { return "a short text repeated" }
        let words = common + own.flatMap { $0.lowercased().split { !$0.isLetter && !$0.isNumber }.map(String.init) }.filter { $0.count >= 3 }
        // What is left once the words everyone tries are taken out, with signs that stand for letters read as letters, and as they are.
        for text in [text, password.precomposedStringWithCompatibilityMapping.lowercased()] {
            var rest = text
            for word in Set(words.map(plain) + words).sorted(by: { ($0.count, $0) > ($1.count, $1) }) { rest = rest.replacing(word, with: "") }
            let letters = rest.filter { $0.isLetter }.count
            if rest.count < text.count, letters == 0 || (letters < 4 && rest.count < 8) { return "a common word with some digits or signs" }
        }
        return nil
    }

    /// Lower case, with the usual substitutions undone.
    private static func plain(_ password: String) -> String {
        String(password.precomposedStringWithCompatibilityMapping.lowercased().map { substitutions[$0] ?? $0 })
    }

    private static let substitutions: [Character: Character] = [
        "@": "a", "4": "a", "3": "e", "1": "i", "!": "i", "0": "o", "$": "s", "5": "s", "7": "t"
    ]

    /// Whether most neighbours are neighbours in the alphabet, among the digits, or on the keyboard.
    private static func isWalk(_ text: String) -> Bool {
        let characters = Array(text)
        let steps = zip(characters, characters.dropFirst()).filter { isStep($0, $1) }.count
        return steps * 10 >= (characters.count - 1) * 8
    }

    private static func isStep(_ a: Character, _ b: Character) -> Bool {
        rows.contains { row in
            guard let i = row.firstIndex(of: a), let j = row.firstIndex(of: b) else { return false }
            return abs(i - j) <= 1
        }
    }

    private static let rows: [[Character]] = [
        "abcdefghijklmnopqrstuvwxyz", "1234567890", "qwertyuiop", "asdfghjkl", "zxcvbnm", "qwertzuiop", "yxcvbnm", "azertyuiop",
        // The digits as `plain` leaves them.
        "i2eas6t89o"
    ].map { Array($0) }

    private static func isRepetition(_ text: String) -> Bool {
        let characters = Array(text)
        return (1...max(1, characters.count / 2)).contains { period in
            characters.count >= 2 * period && zip(characters, characters.dropFirst(period)).allSatisfy { $0 == $1 }
        }
    }

    private static let common = [
        "password", "passwort", "passphrase", "pass", "letmein", "welcome", "willkommen", "bienvenue", "admin", "administrator", "root", "login",
        "master", "secret", "geheim", "changeme", "default", "test", "testing", "guest", "user", "qwerty", "qwertz", "azerty", "asdf", "zxcvbn",
        "iloveyou", "love", "monkey", "dragon", "football", "baseball", "superman", "batman", "starwars", "sunshine", "princess", "shadow",
        "trustno", "hello", "hallo", "bonjour", "hola", "freedom", "whatever", "summer", "winter", "spring", "autumn", "sommer", "january",
        "monday", "qwer", "abc", "abcd", "abcdef", "helpdesk", "support", "cyberlab", "company", "system", "server", "computer", "internet"
    ]
}
